"""What a face counts by: the evaluation records of this installation, and which of them stands (S9.2-03)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from authsvc.biometrics.records.record import EvaluationRecord
from authsvc.biometrics.records.standing import LIFE
from authsvc.biometrics.thresholds import (
    OTHER_ENGINE,
    OTHER_STAGES,
    PROBES_ALONE,
    evaluation_records,
    weakness_here,
)
from authsvc.core.texts import Text

WORDS: Final[Mapping[str, Text]] = {
    "": _("Counts for workers that run this network"),
    OTHER_ENGINE: _("Of a face network that is not the chosen one"),
    OTHER_STAGES: _("Of a release that judged in another way"),
    PROBES_ALONE: _("Of what a page compares itself, which is no face: for sandboxes"),
    "too-old": _("More than a year old"),
    "too-weak": _("Measured more false matches than the policy allows"),
    "not-measured": _("Not measured at the policy’s operating point"),
    "no-groups": _("Not measured for any group of people"),
    "pad-not-measured": _("Liveness was not measured with it"),
    "unequal": _("Some group of people is matched too often, or refused too often"),
    "attacked": _("Some attack passes for a person too often, or people are taken for one too often"),
}


@dataclass(frozen=True)
class Standing:
    """A record, and why faces do not count by it; `weakness` is empty where they do."""

    record: EvaluationRecord
    weakness: str

    @property
    def words(self) -> Text:
        """The weakness as an administrator reads it."""
        return WORDS[self.weakness if self.weakness in WORDS else self.weakness.partition(" ")[0]]

    @property
    def created(self) -> datetime:
        """When it was measured."""
        return datetime.fromisoformat(self.record.created)

    @property
    def ends(self) -> datetime:
        """When it stops to count."""
        return self.created + LIFE

    @property
    def points(self) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """The operating points, with their thresholds' measured rates."""
        return list(self.record.points.items())


def face_records(moment: datetime, operating_point: str = "") -> list[Standing]:
    """Return the records of the release and of this installation: the one that counts first, then the newest.

    `operating_point` is that of the policy in force, where the caller has read it. A record that does not
    tell when it was made is left out: it vouches for nothing.
    """
    dated = [record for record in reversed(evaluation_records()) if _is_dated(record)]
    found = [Standing(record, weakness_here(record, moment, operating_point)) for record in dated]
    return sorted(found, key=lambda one: bool(one.weakness))


def _is_dated(record: EvaluationRecord) -> bool:
    try:
        return datetime.fromisoformat(record.created).tzinfo is not None
    except (TypeError, ValueError):
        return False


def measured_until() -> datetime | None:
    """Return when the newest record stops to count, whatever any policy makes of it; None without one."""
    found = [Standing(record, "").ends for record in evaluation_records() if _is_dated(record)]
    return max(found, default=None)


def in_force(moment: datetime, operating_point: str = "") -> Standing | None:
    """Return the record that faces count by, None where they count as absent, as `face_records` takes it."""
    return next((one for one in face_records(moment, operating_point) if not one.weakness), None)
