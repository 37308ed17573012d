"""Whether a process is up, whether it can do its own work, and whether a person could sign in right now.

What each role's work needs stands in one table (PARTS). A part is the process's `own`, without which nobody
should be sent to it, or of the others, without which it goes on and yet nobody is checked by face.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock, Thread
from time import monotonic
from typing import Final

from django.apps import apps
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Now
from django.http import HttpRequest, JsonResponse
from redis import Redis, RedisError

from authsvc.core.remembered import Remembered
from authsvc.heartbeats.beats import Part, at_work
from authsvc.keys.models import WorkerKey
from authsvc.keys.samples import SILENT, keys_on_offer, workers_there
from config.collected import absent
from config.roles import EVERY, ISSUER, OFFICE, SITE, WEB, WORKER, Role

log = logging.getLogger(__name__)

LONGEST: Final = 4.0
"""Seconds after which whoever asks is answered, and what has not answered is taken to be gone."""
FRESH: Final = 1.0
"""So many seconds an answer counts for everybody who asks: who asks often costs no more."""
_PATIENCE: Final = 1.0  # seconds, for Redis
_OUTSIDE: Final = ("redis:", "rediss:", "unix:")


def _database() -> bool:
    connection.ensure_connection()
    return bool(connection.is_usable())


def _migrations() -> bool:
    """Whether every table of this release is there; what a later one has added does no harm."""
    applied = set(MigrationRecorder.Migration.objects.values_list("app", "name"))
    return _migrations_of_this_release() <= applied


@cache
def _migrations_of_this_release() -> frozenset[tuple[str, str]]:
    found = set()
    for app in apps.get_app_configs():
        spec = find_spec(f"{app.name}.migrations")
        folders = spec.submodule_search_locations if spec is not None else None
        for folder in folders or []:
            found |= {(app.label, each.stem) for each in Path(folder).glob("[0-9]*.py")}
    return frozenset(found)


@cache
def _static_files() -> bool:
    """Whether all files of pages were collected for this release; looked at once, as WhiteNoise does."""
    if settings.STATIC_ROOT is None:
        return True  # they are served from where they are made
    missing = list(absent(settings.STATIC_ROOT))
    if missing:
        log.error("%d files of pages are not collected, as %s: run collectstatic", len(missing), missing[0])
    return not missing


def _answers(address: str) -> bool:
    """Whether a Redis server answers within a second; an address of none is one that needs none."""
    if not address.startswith(_OUTSIDE):
        return True
    with Redis.from_url(address, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE) as asked:
        return bool(asked.ping())


def _broker() -> bool:
    return _answers(str(settings.CELERY_BROKER_URL))


def _limits() -> bool:
    return _answers(str(settings.COUNTERS))


def _worker() -> bool:
    return workers_there() > 0


def _sample_key() -> bool:
    return bool(keys_on_offer())


def _this_worker() -> bool:
    """Whether what this worker says of itself arrives."""
    from authsvc.keys.holding import holder  # a worker's alone: it opens samples

    return WorkerKey.objects.filter(worker=holder().worker, seen_at__gt=Now() - SILENT).exists()


def _works(part: Part) -> Callable[[], bool]:
    return lambda: at_work([part])[part]


@dataclass(frozen=True)
class Needed:
    """A part that work needs: how it is looked at, and the roles whose `own` or `shared` it is."""

    name: str
    look: Callable[[], bool]
    own: Sequence[Role] = ()
    shared: Sequence[Role] = ()


PARTS: Final[tuple[Needed, ...]] = (
    Needed("database", _database, own=EVERY),
    Needed("migrations", _migrations, own=EVERY),
    Needed("static", _static_files, own=SITE),
    Needed("broker", _broker, own=("provider", "worker"), shared=SITE),
    Needed("limits", _limits, shared=SITE),
    Needed("this_worker", _this_worker, own=WORKER),
    Needed("worker", _worker, shared=ISSUER),
    Needed("sample_key", _sample_key, shared=ISSUER),
    Needed("scheduler", _works("scheduler"), shared=OFFICE),
    Needed("log", _works("log"), shared=OFFICE),
    Needed("sweeper", _works("sweeper"), shared=OFFICE),
    Needed("deliveries", _works("deliveries"), shared=WEB),
)


def needed(roles: Sequence[Role], *, own: bool = False) -> list[Needed]:
    """Return what a process of these roles looks at; its `own` alone, or the others' too."""
    wanted = (set(each.own) | (set() if own else set(each.shared)) for each in PARTS)
    return [each for each, whose in zip(PARTS, wanted, strict=True) if whose & set(roles)]


def look(parts: Sequence[Needed]) -> dict[str, bool]:
    """Look at each part, and return whether it is there; what goes wrong says that it is not."""
    return {part.name: _is_there(part) for part in parts}


def _is_there(part: Needed) -> bool:
    try:
        return part.look()
    except (Error, RedisError, OSError) as problem:
        log.debug("%s is not there: %s", part.name, type(problem).__name__)
        if isinstance(problem, Error):
            connection.close()  # what broke is not asked again
        return False


class Health:
    """What was found last, by a thread of its own: nobody who asks waits for longer than LONGEST."""

    def __init__(self, parts: Sequence[Needed]) -> None:
        self._parts = parts
        self._lock = Lock()
        self._looking: Thread | None = None
        self._found: Mapping[str, bool] = {}
        self._found_at = -FRESH

    def found(self) -> dict[str, bool]:
        """Return of each part whether it is there; all are gone where looking takes too long."""
        with self._lock:
            looking = self._looking
            if looking is None or not looking.is_alive():
                if monotonic() < self._found_at + FRESH:
                    return dict(self._found)
                looking = self._looking = Thread(target=self._look, name="health", daemon=True)
                looking.start()
        looking.join(LONGEST)
        if looking.is_alive():
            return dict.fromkeys((part.name for part in self._parts), False)
        return dict(self._found)

    def _look(self) -> None:
        try:
            self._found = look(self._parts)
            self._found_at = monotonic()
        finally:
            connection.close()


_ready: Remembered[str, dict[str, bool]] = Remembered(seconds=FRESH)


def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 while the process serves requests."""
    return JsonResponse({"status": "up"})


def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when a person could sign in with their face right now, else 503; each part is named."""
    found = _ready.get_or_make("ready", lambda: look(needed(settings.ROLES)))
    return JsonResponse(found, status=200 if all(found.values()) else 503)
