"""Saying that a part of the installation works, and asking which of them do."""

from collections.abc import Collection
from datetime import timedelta
from threading import Lock
from time import monotonic
from typing import Final, Literal, get_args

from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from authsvc.core.retention import CLOCK_SET_BACK
from authsvc.heartbeats.models import Heartbeat

Part = Literal["scheduler", "log", "deliveries", "keys", "sweeper", "office"]
PARTS: Final[tuple[Part, ...]] = get_args(Part)
EVERY: Final = 5.0
"""Seconds between two writes of one process for one part, however much it does."""
SILENT: Final = timedelta(seconds=20)
"""A part that was not heard of for so long is gone, or stands still."""

_due: dict[Part, float] = {}
_lock = Lock()


def heard(part: Part) -> None:
    """Note that a part has done its work just now; costs a statement every EVERY seconds at most.

    Both writer and reader go by the database's clock, so that no machine's own clock matters.
    """
    moment = monotonic()
    with _lock:
        if moment < _due.get(part, 0.0):
            return
        _due[part] = moment + EVERY
    Heartbeat.objects.bulk_create(
        [Heartbeat(part=part, seen_at=Now())],
        update_conflicts=True,
        unique_fields=["part"],
        update_fields=["seen_at"],
    )


def at_work(parts: Collection[Part]) -> dict[Part, bool]:
    """Return of each of these parts whether it was heard of within SILENT."""
    there = ages()
    return {part: is_recent(there.get(part)) for part in parts}


def is_recent(age: float | None) -> bool:
    """Whether a part that has said nothing for so many seconds, None for ever, is at work.

    A row that lies further ahead than clocks differ was written before a clock was set back.
    """
    return age is not None and -CLOCK_SET_BACK < timedelta(seconds=age) < SILENT


def ages() -> dict[Part, float]:
    """Return for how many seconds each part that was ever heard of has said nothing."""
    age = ExpressionWrapper(Now() - F("seen_at"), output_field=DurationField())
    rows = Heartbeat.objects.annotate(age=age).values_list("part", "age")
    return {part: silent.total_seconds() for part, silent in rows if part in PARTS}
