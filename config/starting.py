"""What a process of a role needs to start and to work, in words: what refuses, and whom it reaches."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core import mail
from redis.exceptions import RedisError

from authsvc.core import redis_servers
from config import roles
from config.collected import refuse_without_files
from config.safety import UnsafeSettings, refuse_unsafe_database, refuse_wide_credential

_PATIENCE: Final = 3.0
Check = Callable[[], Iterator[str]]


def problems() -> Iterator[str]:
    """Yield everything that is wrong for this process's roles; the settings themselves were taken already."""
    checks: list[Check] = [_credential]
    if settings.ROLES:
        checks += [_database, _redis, _folders]
    if set(settings.ROLES) & set(roles.SITE):
        checks.append(_pages)
    if set(settings.ROLES) & set(roles.OFFICE):
        checks.append(_mail)
    for check in checks:
        yield from check()


def _refusal(refuse: Callable[[], None]) -> Iterator[str]:
    try:
        refuse()
    except UnsafeSettings as problem:
        yield str(problem).removeprefix("refusing to start: ")


def _credential() -> Iterator[str]:
    # A command owns the tables; no process does.
    if settings.ROLES:
        yield from _refusal(lambda: refuse_wide_credential(production=True))
    else:
        yield from _reaches_database()


def _reaches_database() -> Iterator[str]:
    from django.db import Error, connection

    try:
        connection.ensure_connection()
    except Error as problem:
        yield f"the database cannot be asked (VISOR_DATABASE_URL): {problem}".strip()


def _database() -> Iterator[str]:
    yield from _refusal(lambda: refuse_unsafe_database(production=True))


def _pages() -> Iterator[str]:
    yield from _refusal(refuse_without_files)


def _redis() -> Iterator[str]:
    told = {"VISOR_BROKER_URL": settings.BROKER_URL, "VISOR_CACHE_URL": settings.COUNTERS}
    for name, url in told.items():
        if not redis_servers.is_redis(url):
            continue
        patience = {"socket_timeout": _PATIENCE, "socket_connect_timeout": _PATIENCE}
        try:
            with redis_servers.client(url, **patience) as server:
                server.ping()
        except (RedisError, OSError) as problem:
            yield f"Redis does not let this process in ({name}): {problem}"
            return


def _mail() -> Iterator[str]:
    try:
        with mail.get_connection():
            pass
    except OSError as problem:
        yield f"the server that takes mail does not ({settings.EMAIL_HOST}, VISOR_MAIL_…): {problem}"


def _folders() -> Iterator[str]:
    wanted: dict[str, Path | None] = {"VISOR_DATA_DIR": settings.DATA_DIR}
    if settings.KEY_SERVICE != "transit":
        wanted["VISOR_KEY_STORE"] = settings.KEY_STORE
    if "provider" in settings.ROLES:
        wanted["VISOR_LOG_ANCHOR"] = settings.LOG_ANCHOR
    for name, folder in wanted.items():
        if folder is not None and not (folder.is_dir() and os.access(folder, os.W_OK)):
            yield f"{folder} is no folder that this process writes in ({name}): make it its user's"
