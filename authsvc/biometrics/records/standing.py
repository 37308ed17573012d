"""Whether an evaluation record still vouches for the faces that are judged by it (S9.2-03); pure.

Without one that stands a face counts as absent (ADR 0290): the person goes on with their passkey.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from .record import EvaluationRecord

LIFE: Final = timedelta(days=365)
"""So long a record vouches; what attacks exist, and who signs in, changes in the meantime."""

_AHEAD: Final = timedelta(days=1)


def weakness_of(record: EvaluationRecord, operating_point: str, *, moment: datetime) -> str | None:
    """Return why a record does not vouch for decisions at an operating point, None where it does.

    Too old is one of more than LIFE, or of the future. Too weak is one whose measured false match rate is
    above the rate that the operating point names, with 95 % certainty; or that did not measure there at all.
    Unequal is one that failed its gate for a group of people (S5.2-04), or that measured no group.
    """
    try:
        age = moment - datetime.fromisoformat(record.created)
        lowest = float(record.points[operating_point]["fmr_interval"][0])
    except (KeyError, IndexError, TypeError, ValueError):
        return "not-measured"
    if not -_AHEAD <= age <= LIFE:
        return "too-old"
    if lowest > float(operating_point):
        return "too-weak"
    return _inequality(record)


def _inequality(record: EvaluationRecord) -> str | None:
    listed = record.groups if isinstance(record.groups, list) else []
    found = [one for one in listed if isinstance(one, Mapping)]
    promised = [one for one in found if one.get("promised") and one.get("fmr")]
    if not promised:
        return "no-groups"
    return next((f"unequal {one.get('group')}" for one in promised if one.get("failure", True)), None)
