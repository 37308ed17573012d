"""Whether the installation keeps up: one line for each part that work passes through.

No line says anything of a tenant: the database counts what waits of all of them together (WAITING).
"""

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Final, Literal

import django
from django.conf import settings
from django.db import connection
from django.db.models import Count, Max
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from redis import RedisError

from authsvc.core import redis_servers
from authsvc.core.texts import Text
from authsvc.heartbeats.beats import Part, ages, is_recent
from authsvc.keys.models import WorkerKey
from authsvc.keys.samples import SILENT
from authsvc.keys.schedule import ROTATE_AFTER
from authsvc.management.evaluations import measured_until
from authsvc.tenancy import sql
from authsvc.tenancy.open_work import WAITING, WAITING_NOW

State = Literal["good", "warn", "bad"]
GRAVITY: Final[Sequence[State]] = ("good", "warn", "bad")
LOOKED_BACK: Final = timedelta(minutes=10)
"""Events of so long are looked through for those that the log has not taken up."""
_LATE_KEY: Final = timedelta(days=2)
_PATIENCE: Final = 1.0
_SOON: Final = timedelta(days=30)

# How long the oldest may wait before it is a warning, and before something is broken.
SAMPLES: Final = (timedelta(seconds=5), timedelta(seconds=20))
DELIVERIES: Final = (timedelta(minutes=1), timedelta(minutes=10))
EVENTS: Final = (timedelta(seconds=10), timedelta(minutes=1))

BESIDE: Final[Mapping[Part, tuple[Text, State]]] = {
    "scheduler": (_("Scheduled work"), "bad"),
    "log": (_("Sequencer of the audit log"), "bad"),
    "sweeper": (_("Sweeper, which holds life limits"), "bad"),
    "deliveries": (_("Delivery of messages"), "bad"),
    "keys": (_("Making of keys"), "warn"),
    "office": (_("Long work of administrators"), "warn"),
}
"""What works beside the processes that people meet: its title, and how grave it is that one is silent."""


@dataclass(frozen=True)
class Line:
    """One part: how it is, and what was found."""

    name: str
    title: Text
    state: State
    said: Text


def lines(moment: datetime) -> list[Line]:
    """Return how each part is at a moment."""
    moments = {"moment": moment, "since": moment - LOOKED_BACK, "rotated": moment - ROTATE_AFTER - _LATE_KEY}
    began = monotonic()
    waits = sql.what_waits(connection, WAITING_NOW, WAITING, moments)
    took = monotonic() - began
    return [
        _workers(moment),
        *_beside(),
        _waiting("samples", _("Faces that wait to be judged"), waits["samples"], SAMPLES, moment),
        _waiting("deliveries", _("Messages to sites and people"), waits["deliveries"], DELIVERIES, moment),
        _waiting("events", _("Events that the log has yet to take up"), waits["events"], EVENTS, moment),
        _database(took),
        _queue(),
        _keys(waits["keys"][0]),
        _evidence(moment),
    ]


def worst(found: Sequence[Line]) -> State:
    """Return the gravest state of some lines."""
    return max((line.state for line in found), key=GRAVITY.index)


def versions() -> list[tuple[str, str]]:
    """Return what runs here, as it calls itself."""
    return [
        (platform.python_implementation(), platform.python_version()),
        ("Django", django.get_version()),
        (connection.display_name, ".".join(map(str, connection.get_database_version()))),
    ]


def _workers(moment: datetime) -> Line:
    title = _("Workers")
    rows = WorkerKey.objects.aggregate(last=Max("seen_at"))
    there = WorkerKey.objects.filter(seen_at__gt=moment - SILENT, offered_until__gt=moment)
    count = there.aggregate(count=Count("worker", distinct=True))["count"]
    if count:
        said = ngettext("%(count)d is there.", "%(count)d are there.", count) % {"count": count}
        return Line("workers", title, "good", f"{said} {_heard(rows['last'], moment)}")
    if rows["last"] is None:
        return Line("workers", title, "bad", _("None was ever heard of, so no face can be checked."))
    gone = _("None is there, so no face can be checked.")
    return Line("workers", title, "bad", f"{gone} {_heard(rows['last'], moment)}")


def _heard(last: datetime, moment: datetime) -> str:
    return _("Last heard of %(time)s ago.") % {"time": _length(moment - last)}


def _beside() -> Iterator[Line]:
    """Yield how each part is that says by its work that it is there (heartbeats)."""
    heard = ages()
    for part, (title, silent) in BESIDE.items():
        age = heard.get(part)
        state: State = "good" if is_recent(age) else silent
        said = _("It was never heard of.") if age is None else _at_work(age)
        yield Line(f"at-work-{part}", title, state, said)


def _at_work(age: float) -> str:
    return _("At work %(time)s ago.") % {"time": _length(timedelta(seconds=age))}


def _waiting(
    name: str,
    title: Text,
    found: tuple[int, datetime | None],
    bounds: tuple[timedelta, timedelta],
    moment: datetime,
) -> Line:
    count, oldest = found
    if oldest is None:
        return Line(name, title, "good", _("None waits."))
    waited = moment - oldest
    state: State = "bad" if waited > bounds[1] else "warn" if waited > bounds[0] else "good"
    text = ngettext("%(count)d waits, for %(time)s.", "%(count)d wait, the oldest for %(time)s.", count)
    return Line(name, title, state, text % {"count": count, "time": _length(waited)})


def _database(took: float) -> Line:
    """Say how many seconds it took to count what waits; without a database there is no page at all."""
    said = _("It answers within %(ms)d ms.") % {"ms": round(took * 1000)}
    return Line("database", _("Database"), "good", said)


def _queue() -> Line:
    title, address = _("Queue (Redis)"), str(settings.BROKER_URL)
    if not redis_servers.is_redis(address):
        return Line("queue", title, "good", _("None: this machine keeps its queue itself."))
    began = monotonic()
    try:
        with redis_servers.client(
            address, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE
        ) as asked:
            asked.ping()
    except (RedisError, OSError):
        return Line("queue", title, "bad", _("It does not answer."))
    took = {"ms": round((monotonic() - began) * 1000)}
    return Line("queue", title, "good", _("It answers within %(ms)d ms.") % took)


def _keys(late: int) -> Line:
    title = _("Signing keys")
    if not late:
        return Line("keys", title, "good", _("Each was rotated in time."))
    text = ngettext(
        "%(count)d should have been rotated two days ago or longer. Does scheduled work run?",
        "%(count)d should have been rotated two days ago or longer. Does scheduled work run?",
        late,
    )
    return Line("keys", title, "warn", text % {"count": late})


def _evidence(moment: datetime) -> Line:
    title, ends = _("Measurement that faces count by"), measured_until()
    if ends is None or ends <= moment:
        return Line("evidence", title, "bad", _("There is none that counts, so no face does."))
    text = _("It ends on %(day)s; afterwards no face counts.") % {
        "day": date_format(ends, "SHORT_DATE_FORMAT")
    }
    return Line("evidence", title, "warn" if ends < moment + _SOON else "good", text)


def _length(time: timedelta) -> str:
    seconds = max(0, round(time.total_seconds()))
    return " ".join(_parts(seconds)) or _("%(count)d s") % {"count": 0}


def _parts(left: int) -> Iterator[str]:
    """The two largest units of a length in seconds."""
    units = (
        (86_400, _("%(count)d d")),
        (3600, _("%(count)d h")),
        (60, _("%(count)d min")),
        (1, _("%(count)d s")),
    )
    shown = 0
    for size, text in units:
        count, left = divmod(left, size)
        if count and shown < 2:
            shown += 1
            yield text % {"count": count}
