"""The counters in the database of one machine: a statement a place, which PostgreSQL and SQLite know alike.

They are of the caller's transaction: where it is rolled back, nothing was spent. What counts tries is
therefore spent before a transaction begins. What is over is deleted with all else that is (retained.py).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import F

from authsvc.limits.counting import Cost, Full, State
from authsvc.limits.models import Counter

# As State.at has it: a clock may be a window behind, and what one wrote that was further ahead fades.
_IS_NOW: Final = "c.window IN (%(window)s, %(window)s + 1)"
_ROLLED_BEFORE: Final = (
    f"CASE WHEN {_IS_NOW} THEN c.before WHEN c.window >= %(window)s - 1 THEN c.count ELSE 0 END"
)
_ROLLED_COUNT: Final = f"CASE WHEN {_IS_NOW} THEN c.count ELSE 0 END"
_SPEND: Final = f"""
INSERT INTO limits_counter AS c (place, "window", before, count, over_at)
VALUES (%(place)s, %(window)s, 0, 1, %(over_at)s)
ON CONFLICT (place) DO UPDATE SET
  before = {_ROLLED_BEFORE},
  count = {_ROLLED_COUNT} + 1,
  "window" = CASE WHEN c.window = %(window)s + 1 THEN c.window ELSE %(window)s END,
  over_at = %(over_at)s
WHERE ({_ROLLED_BEFORE}) * %(left)s + ({_ROLLED_COUNT} + 1) * %(length)s <= %(room)s
RETURNING count
"""


class DatabaseCounters:
    """The counters in the default database."""

    def spend(self, costs: Sequence[Cost], at: int) -> None:
        """See Counters."""
        with transaction.atomic():
            # Two that need the same rows take them in the same order.
            for position in sorted(range(len(costs)), key=lambda each: costs[each].place):
                if not _spent(costs[position], at):
                    raise _full(position, costs[position], at)

    def give_back(self, costs: Sequence[Cost], at: int) -> None:
        """See Counters."""
        for cost in costs:
            spent = Counter.objects.filter(pk=cost.place, window=at // cost.length, count__gt=0)
            spent.update(count=F("count") - 1)

    def forget_all(self) -> None:
        """Leave it to the tests, whose databases are emptied after each."""


def _spent(cost: Cost, at: int) -> bool:
    window, passed = divmod(at, cost.length)
    given: dict[str, Any] = {
        "place": cost.place,
        "window": window,
        "over_at": connection.ops.adapt_datetimefield_value(_moment((window + 2) * cost.length)),
        "left": cost.length - passed,
        "length": cost.length,
        "room": cost.most * cost.length,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, given)
        return cursor.fetchone() is not None


def _full(position: int, cost: Cost, at: int) -> Full:
    window, passed = divmod(at, cost.length)
    row = Counter.objects.filter(pk=cost.place).first()
    state = State(row.window, row.before, row.count) if row else State(window, 0, 0)
    return Full(position, cost.wait(state.at(window), passed))


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
