"""Whether an evaluation record still vouches for the faces that are judged by it (S9.2-03); pure.

Without one that stands a face counts as absent (ADR 0290): the person goes on with their passkey.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from .record import EvaluationRecord

LIFE: Final = timedelta(days=365)
"""So long a record vouches; what attacks exist, and who signs in, changes in the meantime."""

_AHEAD: Final = timedelta(days=1)


def weakness_of(record: EvaluationRecord, operating_point: str, *, moment: datetime) -> str | None:
    """Return why a record does not vouch for decisions at an operating point, None where it does.

    Too old is one of more than LIFE, or of the future. Too weak is one whose measured false match rate is
    above the rate that the operating point names, with 95 % certainty; or that did not measure there at all.
    Unequal is one that failed its gate for a group of people (S5.2-04), or that measured no group. Attacked
    is one by which a claimed attack passes too often, or people are refused too often, as no living face
    (S9.2-05), or that did not measure either. One of an engine that makes probes alone vouches for their
    comparison: who lives before the camera another one judges.
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
    return _inequality(record) or (None if record.references else _attackability(record))


def _inequality(record: EvaluationRecord) -> str | None:
    promised = [one for one in _rows(record.groups) if one.get("promised")]
    if not any(one.get("fmr") for one in promised):
        return "no-groups"
    return next((f"unequal {one.get('group')}" for one in promised if one.get("failure", True)), None)


def _attackability(record: EvaluationRecord) -> str | None:
    part = record.pad if isinstance(record.pad, Mapping) else {}
    claimed = [one for one in _rows(part.get("attacks")) if one.get("claimed")]
    people = _rows(part.get("people"))
    if not (claimed and people):
        return "pad-not-measured"
    every = [*claimed, *people]
    return next((f"attacked {one.get('species')}" for one in every if one.get("failure", True)), None)


def _rows(listed: object) -> list[Mapping[str, Any]]:
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
