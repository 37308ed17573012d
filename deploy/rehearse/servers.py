"""What an installation stands on: PostgreSQL, Redis, nginx and a server of mail, each by TLS alone."""

import pwd
from typing import Final

from deploy.rehearse.networks import ADDRESSES, BROKER_PORT, DATABASE_PORT, MAIL_PORT
from deploy.rehearse.stage import RELEASE, TRUSTED, Stage
from devtools.stack.services import postgres_binary

CLUSTER: Final = "/var/lib/postgresql/rehearsed"
MAILS: Final = "/run/mails"
_POSTGRES: Final = "postgres"
_BROKER_FILES: Final = "/run/broker"


def database_url(user: str = "", password: str = "", name: str = "visor") -> str:
    """Return the database's address, for a user or for nobody."""
    who = f"{user}:{password}@" if user else ""
    return f"postgres://{who}database.example.org/{name}?sslmode=verify-full&sslrootcert={TRUSTED}"


def administrator_url(stage: Stage, name: str = "postgres") -> str:
    """Return the database's address for its server's superuser."""
    return database_url(_POSTGRES, stage.administrator, name)


def broker_url(stage: Stage) -> str:
    """Return the address of Redis."""
    where = f"broker.example.org:{BROKER_PORT}/0"
    return f"rediss://:{stage.broker}@{where}?ssl_cert_reqs=required&ssl_ca_certs={TRUSTED}"


def begin(stage: Stage) -> None:
    """Start all that processes of Visor ask, but for the proxy."""
    stage.write(TRUSTED, stage.authority.pem())
    make_cluster(stage)
    _begin_broker(stage)
    _begin_mail(stage)


def make_cluster(stage: Stage) -> None:
    """Make an empty cluster that lets nobody in without TLS and a password, and start its server."""
    user = _user(_POSTGRES)
    initdb, server = postgres_binary("initdb"), postgres_binary("postgres")
    stage.write("/run/password", stage.administrator)
    stage.run(f"""
mkdir --parents {CLUSTER} /run/postgresql
chown {user}: {CLUSTER} /run/postgresql /run/password
chmod 0700 {CLUSTER} /run/postgresql
setpriv --reuid={user} --regid={user} --init-groups {initdb} --pgdata {CLUSTER} --username {_POSTGRES} \\
  --pwfile /run/password --encoding UTF8 --locale C.UTF-8 --auth-host scram-sha-256 --auth-local peer \\
  --no-sync >/dev/null
rm /run/password
""")
    _lay_certificate(stage, "database.example.org", CLUSTER, user)
    stage.write(f"{CLUSTER}/pg_hba.conf", "local all all peer\nhostssl all all all scram-sha-256\n")
    settings = {
        "listen_addresses": ADDRESSES["database"],
        "port": str(DATABASE_PORT),
        "unix_socket_directories": "/run/postgresql",
        "ssl": "on",
        "ssl_cert_file": f"{CLUSTER}/server.pem",
        "ssl_key_file": f"{CLUSTER}/server.key",
    }
    lines = [f"{name} = '{value}'" for name, value in settings.items()]
    with stage.made.path(f"{CLUSTER}/postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    begin_unit(stage, "postgresql", "database", f"{server} -D {CLUSTER}", user=user)
    _await(stage, f"{postgres_binary('pg_isready')} --quiet --host {ADDRESSES['database']}", "database")


def asked(stage: Stage, statement: str, name: str = "visor") -> list[str]:
    """Return the rows of a statement by the server's superuser, a line each."""
    psql = f"psql --no-psqlrc --quiet --tuples-only --no-align --host /run/postgresql --dbname {name}"
    return stage.run(f'{psql} --command "{statement}"', within="database", user=_user(_POSTGRES)).split("\n")


def _begin_broker(stage: Stage) -> None:
    user = _user("redis")
    stage.run(f"mkdir --parents {_BROKER_FILES} && chown {user}: {_BROKER_FILES}")
    _lay_certificate(stage, "broker.example.org", _BROKER_FILES, user)
    settings = {
        "bind": ADDRESSES["broker"],
        "port": "0",
        "tls-port": str(BROKER_PORT),
        "tls-cert-file": f"{_BROKER_FILES}/server.pem",
        "tls-key-file": f"{_BROKER_FILES}/server.key",
        "tls-ca-cert-file": TRUSTED,
        "tls-auth-clients": "no",
        "requirepass": stage.broker,
        "maxmemory-policy": "noeviction",
        "save": '""',
        "dir": _BROKER_FILES,
    }
    text = "".join(f"{name} {value}\n" for name, value in settings.items())
    stage.write(f"{_BROKER_FILES}/redis.conf", text)
    begin_unit(stage, "redis-server", "broker", f"redis-server {_BROKER_FILES}/redis.conf", user=user)
    listens = (
        f"python -c \"import socket; socket.create_connection(('{ADDRESSES['broker']}', {BROKER_PORT}))\""
    )
    _await(stage, listens, "broker")


def _begin_mail(stage: Stage) -> None:
    stage.run(f"mkdir --parents {MAILS}")
    _lay_certificate(stage, "mail.example.org", MAILS, "root")
    files = f"{MAILS}/server.pem {MAILS}/server.key {MAILS}"
    program = (
        f"{RELEASE}/venv/web/bin/python -m deploy.rehearse.mail {ADDRESSES['outside']} {MAIL_PORT} {files}"
    )
    begin_unit(stage, "mail", "outside", program)


def mails(stage: Stage) -> list[str]:
    """Return the mails that were taken, the oldest first."""
    found = sorted(stage.made.path(MAILS).glob("*.eml"), key=lambda path: int(path.stem))
    return [path.read_text(encoding="utf-8") for path in found]


def begin_proxy(stage: Stage) -> None:
    """Start nginx as its package does, by the configuration that ships."""
    certificate, key = stage.authority.signed("id.example.org")
    stage.write("/etc/visor/tls/certificate.pem", certificate)
    stage.write("/etc/visor/tls/key.pem", key, mode=0o600)
    within = "[Service]\nNetworkNamespacePath=/run/netns/proxy\n"
    stage.write("/etc/systemd/system/nginx.service.d/namespace.conf", within)
    stage.run("""
mkdir --parents /var/cache/nginx /var/log/nginx /var/lib/nginx
cp deploy/nginx/nginx.conf /etc/nginx/nginx.conf
systemctl daemon-reload
systemctl start nginx.service
""")


def begin_unit(stage: Stage, name: str, within: str, program: str, *, user: str = "root") -> None:
    """Start a program under systemd, within a namespace."""
    text = f"""[Service]
Type=exec
User={user}
WorkingDirectory={RELEASE}
NetworkNamespacePath=/run/netns/{within}
Environment=LD_LIBRARY_PATH=/opt/python/lib
StandardOutput=append:/run/log-of/{name}
StandardError=append:/run/log-of/{name}
ExecStart={program}
"""
    unit = f"/etc/systemd/system/{name}.service"
    stage.made.path(unit).unlink(missing_ok=True)
    stage.write(unit, text)
    stage.run(f"systemctl daemon-reload && systemctl start {name}.service")


def _lay_certificate(stage: Stage, host: str, folder: str, user: str) -> None:
    certificate, key = stage.authority.signed(host)
    stage.write(f"{folder}/server.pem", certificate)
    stage.write(f"{folder}/server.key", key, mode=0o600)
    stage.run(f"chown {user}: {folder}/server.pem {folder}/server.key")


def _await(stage: Stage, question: str, within: str) -> None:
    stage.run(
        f"for _ in $(seq 100); do {question} 2>/dev/null && exit; sleep 0.1; done; exit 1", within=within
    )


def _user(name: str) -> str:
    """Return the user of a package, or nobody where that package makes none here."""
    return name if name in {entry.pw_name for entry in pwd.getpwall()} else "nobody"
