"""Database and cache."""

from typing import Any

import dj_database_url

from config.settings.given import given

_POSTGRESQL = {
    # Parameters travel beside the statement: a sample of a megabyte as bytes, not as two of text in it.
    "server_side_binding": True,
    # What a connection has said five times is planned there once and for all (docs/adr/0130).
    "prepare_threshold": 5,
}
_SQLITE = {
    # Writers queue up instead of failing, and readers are never blocked.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;",
}
# A full memory throws counters out, so it takes more of them than a flood makes in a window.
_OWN_MEMORY = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "OPTIONS": {"MAX_ENTRIES": 100_000},
}
_PATIENCE = {"socket_connect_timeout": 2, "socket_timeout": 2}  # seconds


def database(url: str) -> dict[str, Any]:
    """Return Django's description of the database at an address."""
    # Asking before each request whether the connection lives would cost every request a statement; after
    # an outage the first request on a dead one is answered 503, and the next has a new connection.
    found: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=600))
    if found["ENGINE"].endswith("postgresql"):
        # What the address says goes before, `sslmode` and its like above all.
        found["OPTIONS"] = {**_POSTGRESQL, **found.get("OPTIONS", {})}
    if found["ENGINE"].endswith("sqlite3"):
        found["OPTIONS"] = _SQLITE
    return found


DATABASES = {"default": database(given.database_url or f"sqlite:///{given.data_dir / 'visor.sqlite3'}")}


def shared_memory(url: str) -> dict[str, Any]:
    """Return Django's description of what processes count in together: a Redis server, or own memory."""
    if not url.startswith("redis"):
        return {**_OWN_MEMORY}
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": url,
        "KEY_PREFIX": "visor",
        "OPTIONS": _PATIENCE,
    }


CACHES = {"default": shared_memory(given.cache_url or given.broker_url)}
