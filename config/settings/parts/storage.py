"""Database and cache."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dj_database_url

from authsvc.core import redis_servers
from authsvc.tenancy.grants import ROLE_PREFIX
from config.secrets import database_password
from config.settings.given import given
from config.settings.parts.process import ROLES, SECRETS_FILE

_POSTGRESQL = {
    # Parameters travel beside the statement: a sample of a megabyte as bytes, not as two of text in it.
    "server_side_binding": True,
    # What a connection has said five times is planned there once and for all (docs/adr/0130).
    "prepare_threshold": 5,
    # Seconds until a connection must stand, and milliseconds until one whose other end is gone is given up.
    "connect_timeout": 2,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 5000,
}
# By kind of process: milliseconds for a statement and, a little longer, seconds for any answer at all.
_ANSWERING = (3500, 4.0)
_SCHEDULED = (55_000, 60.0)
_SQLITE = {
    # Writers queue up instead of failing, and readers are never blocked.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;",
}
_OWN_MEMORY = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
_PATIENCE = {"socket_connect_timeout": 1, "socket_timeout": 1}  # seconds


def database(url: str) -> dict[str, Any]:
    """Return Django's description of the database at an address."""
    # Asking before each request whether the connection lives would cost every request a statement; after
    # an outage the first request on a dead one is answered 503, and the next has a new connection.
    found: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=600))
    if found["ENGINE"].endswith("postgresql"):
        # What the address says goes before, `sslmode` and its like above all.
        found["ENGINE"] = "config.postgresql"
        found["OPTIONS"] = {**_POSTGRESQL, **found.get("OPTIONS", {})}
    if found["ENGINE"].endswith("sqlite3"):
        found["OPTIONS"] = _SQLITE
    return found


def credential(roles: Sequence[str], secrets_file: Path) -> dict[str, str]:
    """Return user and password of the database's role for a process that plays these roles.

    A command without a role is the migrator; so is, on one machine, a process of several, which then works
    as one of them at a time (devtools/stack/one_role_a_request.py).
    """
    role = roles[0] if len(roles) == 1 else "migrator"
    return {"USER": ROLE_PREFIX + role, "PASSWORD": database_password(secrets_file, role)}


def with_credential(
    described: dict[str, Any], roles: Sequence[str], secrets_file: Path
) -> dict[str, dict[str, Any]]:
    """Return DATABASES: where the address of a PostgreSQL names no user, the process's own role connects."""
    if described["ENGINE"].endswith("postgresql") and not described["USER"]:
        described = {**described, **credential(roles, secrets_file)}
    return {"default": described}


def with_limits(described: dict[str, Any], roles: Sequence[str]) -> dict[str, Any]:
    """Return the description with an end to every wait: what answers people and programs waits 4 seconds.

    Scheduled work and workers wait a minute; a command of manage.py as long as it takes.
    """
    if not described["ENGINE"].endswith("postgresql") or not roles:
        return described
    statement, patience = _ANSWERING if set(roles) & {"web", "portal"} else _SCHEDULED
    limits = {"patience": patience, "statement_timeout": statement}
    return {**described, "OPTIONS": {**described["OPTIONS"], **limits}}


def with_plans(described: dict[str, Any], roles: Sequence[str]) -> dict[str, Any]:
    """Return the description so that a process of the portal alone has statements planned with their values.

    What a list is asked for decides how it is best read: a plan for whatever is asked took six times as long
    for some, among a million people (docs/adr/0536).
    """
    if not described["ENGINE"].endswith("postgresql") or set(roles) != {"portal"}:
        return described
    return {**described, "OPTIONS": {**described["OPTIONS"], "prepare_threshold": None}}


DATABASES = with_credential(
    with_plans(
        with_limits(database(given.database_url or f"sqlite:///{given.data_dir / 'visor.sqlite3'}"), ROLES),
        ROLES,
    ),
    ROLES,
    SECRETS_FILE,
)


def shared_memory(url: str) -> dict[str, Any]:
    """Return Django's description of what processes remember together: a Redis server, or own memory."""
    if not redis_servers.is_redis(url):
        return {**_OWN_MEMORY}
    pool = {"pool_class": redis_servers.WatchedPool} if redis_servers.is_sentinel(url) else {}
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": [url],  # as a list, since Django would part it where Sentinel's addresses are parted
        "KEY_PREFIX": "visor",
        "OPTIONS": {**_PATIENCE, **pool},
    }


_shared = given.cache_url or given.broker_url
CACHES = {"default": shared_memory(_shared)}
# Where limits are counted (authsvc/limits), and the numbers that are not the register's.
COUNTERS = _shared if redis_servers.is_redis(_shared) else "database"
LIMITS = given.limits
