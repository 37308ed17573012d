"""What a face counts by: the evaluation records of this installation, and which of them stands (S9.2-03)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from authsvc.biometrics.records.manifest import stages_version
from authsvc.biometrics.records.record import EvaluationRecord
from authsvc.biometrics.records.standing import LIFE, weakness_of
from authsvc.biometrics.thresholds import evaluation_records
from authsvc.core.texts import Text
from authsvc.policy.services import current_policy

OTHER_ENGINE: Final = "other-engine"
OTHER_STAGES: Final = "other-stages"

WORDS: Final[Mapping[str, Text]] = {
    "": _("Counts for workers that run this network"),
    OTHER_ENGINE: _("Of a face network that is not the chosen one"),
    OTHER_STAGES: _("Of a release that judged in another way"),
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


def face_records(moment: datetime) -> list[Standing]:
    """Return the records of the release and of this installation: the one that counts first, then the newest.

    One that does not tell when it was made is left out: it vouches for nothing.
    """
    dated = [record for record in reversed(evaluation_records()) if _is_dated(record)]
    found = [Standing(record, _weakness(record, moment)) for record in dated]
    return sorted(found, key=lambda one: bool(one.weakness))


def _is_dated(record: EvaluationRecord) -> bool:
    try:
        return datetime.fromisoformat(record.created).tzinfo is not None
    except (TypeError, ValueError):
        return False


def in_force(moment: datetime) -> Standing | None:
    """Return the record that faces count by, None where they count as absent."""
    return next((one for one in face_records(moment) if not one.weakness), None)


def _weakness(record: EvaluationRecord, moment: datetime) -> str:
    # Which file a network is only a worker reads; what it is called, every process knows.
    if record.engine.partition(":")[0] != settings.FACE_ENGINE:
        return OTHER_ENGINE
    if record.stages != stages_version():
        return OTHER_STAGES
    return weakness_of(record, current_policy().operating_point, moment=moment) or ""
