"""A network namespace for each role, joined by the machine's own, which passes on what a table names."""

from collections.abc import Iterator
from typing import Final

from deploy.rehearse.stage import Stage
from deploy.rehearse.units import environment

DATABASE_PORT: Final = 5432
BROKER_PORT: Final = 6379
MAIL_PORT: Final = 465
HTTPS_PORT: Final = 443

ADDRESSES: Final = {
    "database": "192.0.2.10",  # the two of docs/hardening.md
    "broker": "192.0.2.11",
    "proxy": "192.0.2.12",
    "web": "192.0.2.21",
    "portal": "192.0.2.22",
    "provider": "192.0.2.23",
    "worker": "192.0.2.24",
    "commands": "192.0.2.25",
    "watch": "192.0.2.30",
    "outside": "198.51.100.1",
}
"""Addresses of RFC 5737; `outside` is everybody else: people, relying parties, whoever takes mail."""

HOSTS: Final = {
    "database.example.org": "database",
    "broker.example.org": "broker",
    "id.example.org": "proxy",
    "mail.example.org": "outside",
}

WATCHED: Final = range(9401, 9409)
"""The ports at which the units say how they are (deploy/systemd)."""

_OUTSIDE_TOO: Final = ("web", "portal", "provider")
ALLOWED: Final = (
    *((role, "database", DATABASE_PORT) for role in ("web", "portal", "provider", "worker", "commands")),
    *((role, "broker", BROKER_PORT) for role in ("web", "portal", "provider", "worker", "commands")),
    *((role, "outside", MAIL_PORT) for role in (*_OUTSIDE_TOO, "commands")),
    *((role, "outside", HTTPS_PORT) for role in _OUTSIDE_TOO),
    *(("watch", role, port) for role in ("web", "portal", "provider", "worker") for port in WATCHED),
    ("outside", "proxy", HTTPS_PORT),
    ("outside", "proxy", 80),
)
"""Who may begin to speak to whom, at which port."""

_ROUTER: Final = "192.0.2.1"


def watched_at(unit: str) -> str:
    """Return where a unit's process says how it is: at its role's address in place of the machine's own."""
    told = environment(unit)
    return told["VISOR_WATCH_ADDRESS"].replace("127.0.0.1", ADDRESSES[told["VISOR_ROLES"]])


def join(stage: Stage) -> None:
    """Make every namespace, and let the machine pass on nothing but what is allowed."""
    lines = [f"{ADDRESSES[where]} {name}" for name, where in HOSTS.items()]
    stage.made.run("bash", "-euo", "pipefail", "-c", "\n".join(_commands()))
    stage.write("/etc/hosts", "\n".join(["127.0.0.1 localhost", *lines, ""]))
    stage.write("/run/visor.nft", _rules())
    stage.made.run("nft", "--file", "/run/visor.nft")


def _commands() -> Iterator[str]:
    yield "ip link set lo up"
    yield "echo 1 >/proc/sys/net/ipv4/ip_forward"
    for name, address in ADDRESSES.items():
        inside = f"ip -netns {name}"
        yield f"ip netns add {name}"
        yield f"ip link add v-{name} type veth peer name eth0 netns {name}"
        yield f"ip address add {_ROUTER}/32 dev v-{name}"
        yield f"ip link set v-{name} up"
        yield f"ip route add {address} dev v-{name}"
        yield f"{inside} link set lo up"
        yield f"{inside} address add {address}/32 dev eth0"
        yield f"{inside} link set eth0 up"
        yield f"{inside} route add {_ROUTER} dev eth0"
        yield f"{inside} route add default via {_ROUTER}"


def _rules() -> str:
    allowed = "\n".join(
        f"    ip saddr {ADDRESSES[who]} ip daddr {ADDRESSES[whom]} tcp dport {port} accept"
        for who, whom, port in ALLOWED
    )
    return f"""table inet visor {{
  chain forward {{
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
{allowed}
    reject with icmpx admin-prohibited
  }}
  chain input {{
    type filter hook input priority 0; policy drop;
    iif lo accept
    reject with icmpx admin-prohibited
  }}
}}
"""
