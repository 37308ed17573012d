"""An installation by the lines of docs/: set up, started, copied, destroyed, restored."""

import json
import re
import tomllib
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from deploy.rehearse import documented, networks, servers
from deploy.rehearse.certificates import private_pem, public_pem
from deploy.rehearse.networks import ADDRESSES
from deploy.rehearse.stage import RELEASE, TRUSTED, NotAsTold, Stage
from deploy.rehearse.units import PROCESSES, SERVICES, environment, said

BASE_URL: Final = "https://id.example.org"
_ANSWERS: Final = "/run/visor.toml"
# The pages' places, and ours: nothing is written outside the machine's own file systems.
_PLACES: Final = {
    "/root/visor.toml": _ANSWERS,
    "/backup/": "/run/backup/",
    "/backup-keys/": "/run/backup-keys/",
}
_SECONDS: Final = 90
_READY: Final = """
import sys, time, urllib.request
end = time.monotonic() + {seconds}
while True:
    try:
        print(urllib.request.urlopen("{url}", timeout=10).read().decode())
        break
    except OSError as problem:
        if time.monotonic() > end:
            said = problem.read().decode() if hasattr(problem, "read") else ""
            sys.exit(f"{{problem}} {{said}}")
        time.sleep(0.3)
"""


def lay_out(stage: Stage) -> None:
    """Make users and folders; the Python environments, which come from the internet, are there already."""
    (lines,) = (
        text for text in documented.blocks("installing.md", "What it stands on") if "sysusers" in text
    )
    kept = [line for line in lines.splitlines() if not line.startswith("deploy/setup/role.sh")]
    stage.run("\n".join(kept))


def set_up(stage: Stage) -> str:
    """Run the set-up from a file of answers."""
    (page,), (command,) = (documented.blocks("installing.md", "The set-up", kind) for kind in ("toml", "sh"))
    answers = {**tomllib.loads(page), **_own_answers(stage)}
    text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in answers.items())
    stage.write(_ANSWERS, text, mode=0o600)
    told = stage.run(documented.placed(command, _PLACES))
    ready = f"Ready: start the processes, and open {BASE_URL}/portal/."
    if ready not in told:
        raise NotAsTold(told)
    return ready


def _own_answers(stage: Stage) -> dict[str, str | int]:
    return {
        "database_url": servers.database_url(),
        "database_administrator_url": servers.administrator_url(stage),
        "broker_url": servers.broker_url(stage),
        "mail_port": networks.MAIL_PORT,
        "mail_tls": "implicit",
    }


def lay_units(stage: Stage) -> None:
    """Copy the units, and give each the namespace of its role, as its machine would be another one."""
    stage.run("cp --recursive deploy/systemd/visor* /etc/systemd/system/")
    (elsewhere,) = documented.blocks("hardening.md", "To do", "ini")
    for unit in SERVICES:
        told = environment(unit)
        where = told.get("VISOR_ROLES", "commands")
        lines = [f"NetworkNamespacePath=/run/netns/{where}", f"Environment=SSL_CERT_FILE={TRUSTED}"]
        if unit in PROCESSES:
            lines.append(f"Environment=VISOR_WATCH_ADDRESS={networks.watched_at(unit)}")
        own = "\n".join(["[Service]", *lines, ""])
        if said(unit, "IPAddressDeny"):
            own = f"{elsewhere}\n{own}IPAddressAllow={ADDRESSES['watch']}\n"
        stage.write(f"/etc/systemd/system/{unit}.d/40-rehearsal.conf", own)


def start(stage: Stage) -> None:
    """Start the proxy and every process, and wait until a person could sign in."""
    servers.begin_proxy(stage)
    (lines,) = documented.blocks("installing.md", "Starting")
    stage.run(lines)
    await_ready(stage)


def await_ready(stage: Stage) -> None:
    """Wait until somebody outside hears that a person could sign in. Raises NotAsTold."""
    asking = _READY.format(url=f"{BASE_URL}/readyz", seconds=_SECONDS)
    stage.run(f"python - <<'LINES'\n{asking}\nLINES", within="outside")


def open_invitation(stage: Stage) -> None:
    """See that the link opens by which the owner was invited."""
    (mail,) = servers.mails(stage)
    link = next(
        word for word in mail.replace("=\n", "").replace("=\r\n", "").split() if word.startswith(BASE_URL)
    )
    page = stage.run(f"python - <<'LINES'\n{_READY.format(url=link, seconds=5)}\nLINES", within="outside")
    if 'type="password"' not in page:
        raise NotAsTold(f"{link} asks for no password: {page[:500]}")


def standing(stage: Stage) -> str:
    """See that each process has its role's user and namespace, and its role in the database, by TLS."""
    for unit in PROCESSES:
        role, process = environment(unit)["VISOR_ROLES"], stage.made.shown(unit, "MainPID")
        stage.run(f"""
[ "$(systemctl is-active {unit})" = active ]
[ "$(stat --format %U /proc/{process})" = visor-{role} ]
[ "$(stat --dereference --format %i /proc/{process}/ns/net)" = "$(stat --format %i /run/netns/{role})" ]
""")
    rows = servers.asked(
        stage,
        "SELECT DISTINCT usename, host(client_addr), ssl FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) "
        "WHERE datname = 'visor' AND client_addr IS NOT NULL",
    )
    known = {f"visor_{role}|{address}|t" for role, address in ADDRESSES.items()}
    found = {row for row in rows if row}
    if not found <= known or len(found) < len({environment(unit)["VISOR_ROLES"] for unit in PROCESSES}):
        raise NotAsTold(f"in the database are {sorted(found)}")
    return ", ".join(sorted(row.partition("|")[0] for row in found))


def back_up(stage: Stage) -> str:
    """Copy the database and the keys by the page's lines, the keys for an operator who keeps another key."""
    key = ec.generate_private_key(ec.SECP256R1())
    stage.write("/etc/visor/operator.pem", public_pem(key))
    stage.write("/run/operator-private.pem", private_pem(key), mode=0o600)
    stage.run("mkdir --parents /run/backup-keys")
    told = [stage.run(_placed(block)) for block in documented.blocks("backup.md", "Copying")]
    return told[0].splitlines()[0]


def destroy(stage: Stage) -> None:
    """Lose the database's whole server, what waits in Redis, and the keys."""
    stage.run(f"""
systemctl stop visor.target postgresql.service
systemctl restart redis-server.service
rm --recursive {servers.CLUSTER}
find /var/lib/visor/keys -mindepth 1 -delete
""")


def restore(stage: Stage) -> str:
    """Bring the copies back into a new server by the page's lines; keys too, as these are lost."""
    servers.make_cluster(stage)
    (lines,) = documented.blocks("backup.md", "Restoring")
    keys = (
        "--keys /backup-keys/today --with /run/operator-private.pem --destroyed /backup-keys/today.destroyed"
    )
    told = stage.run(
        _placed(f"{lines.rstrip()} {keys}"), ADMINISTRATOR_URL=servers.administrator_url(stage, "visor")
    )
    if "Log and seals hold." not in told:
        raise NotAsTold(told)
    return next(line for line in told.splitlines() if " are back, " in line)


def start_again(stage: Stage) -> None:
    """Put aside what is kept outside of each log, as the page says, and start."""
    stage.run("""
mkdir /var/lib/visor/kept
mv /var/lib/visor/checkpoints/* /var/lib/visor/kept/
systemctl start visor.target
""")
    await_ready(stage)


def verify(stage: Stage) -> str:
    """Ask the log whether it is whole; return a line an organisation."""
    told = stage.as_role("provider", "python manage.py audit verify")
    whole = re.findall(r"(?m)^(\S+): (\d+) events, whole$", told)
    if not whole:
        raise NotAsTold(told)
    return ", ".join(f"{slug} {events}" for slug, events in whole)


def release_of(stage: Stage, unit: str) -> str:
    """Return the folder of the release that a unit's process runs."""
    process = stage.made.shown(unit, "MainPID")
    return stage.run(f"readlink /proc/{process}/cwd").strip()


def current(stage: Stage) -> str:
    """Return the folder of the release that is laid."""
    return stage.run(f"readlink --canonicalize {RELEASE}").strip()


def _placed(block: str) -> str:
    return documented.placed(block, _PLACES)
