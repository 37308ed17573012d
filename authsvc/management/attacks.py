"""What the log says of attacks: kinds of them, counted today and found in the list."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Q, Subquery
from django.utils.translation import gettext_lazy as _

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.biometrics.types import Reason
from authsvc.core.texts import Text
from authsvc.management.hours import stretch_until

_JUDGED: Final = Tag.VERDICT_RECORDED


@dataclass(frozen=True)
class Attack:
    """A kind of attack, by the events that show one: their tags, and reasons where only some of them do."""

    label: Text
    meaning: Text
    marks: Mapping[Tag, tuple[str, ...]]
    is_sure: bool = True
    """False where it may also be a person who was seen badly."""

    def shows_in(self, tag: str, reason: str) -> bool:
        """Whether an event shows it."""
        return any(tag == mark and (not reasons or reason in reasons) for mark, reasons in self.marks.items())

    @property
    def condition(self) -> Q:
        """What is true of its events."""
        found = Q()
        for tag, reasons in self.marks.items():
            found |= Q(tag=tag, reason__in=reasons) if reasons else Q(tag=tag)
        return found


ATTACKS: Final[Mapping[str, Attack]] = {
    "presentation": Attack(
        _("Presentation attacks"),
        _("A photograph, a screen or a mask was shown instead of a face."),
        {_JUDGED: (Reason.PAD_ATTACK,)},
    ),
    "injection": Attack(
        _("Injections"),
        _("Pictures did not come from the camera in that moment, or were exchanged on their way."),
        {_JUDGED: (Reason.IAD_INJECTION, Reason.FRAME_HASH, Reason.CHAIN, Reason.CHAIN_SIGNATURE)},
    ),
    "replay": Attack(
        _("Replays"),
        _("A sample, a code or a refresh token came a second time, or in another attempt."),
        {
            _JUDGED: (Reason.FOREIGN,),
            Tag.SAMPLE_REFUSED: ("no-challenge",),
            Tag.CODE_REUSED: (),
            Tag.REFRESH_REUSED: (),
        },
    ),
    "forgery": Attack(
        _("Forged verdicts"),
        _("A verdict, a part of one, or a worker’s task came that none of our processes had signed."),
        {
            _JUDGED: (Reason.PART_ALTERED, Reason.PART_DUPLICATED, Reason.PART_FOREIGN),
            Tag.VERDICT_REFUSED: (),
            Tag.TASK_REFUSED: (),
        },
    ),
    "other-face": Attack(
        _("Another person’s face"),
        _("The face was not the enrolled one: somebody else’s, or the person was seen badly."),
        {_JUDGED: (Reason.NON_MATCH,)},
        is_sure=False,
    ),
}
"""By the name under which the list of events has them as a kind."""


@dataclass(frozen=True)
class Seen:
    """How often an attack was seen in the last 24 hours."""

    name: str
    attack: Attack
    today: int


@dataclass(frozen=True)
class Noted:
    """Attacks, each with its count, and the alarms of today by their tags."""

    attacks: list[Seen]
    alarms: list[Tag]

    @property
    def sure(self) -> int:
        """How many attacks were seen today that can be nothing else."""
        return sum(seen.today for seen in self.attacks if seen.attack.is_sure)

    @property
    def any_today(self) -> bool:
        """Whether anything was seen today, sure or not."""
        return any(seen.today for seen in self.attacks)


def noted(moment: datetime) -> Noted:
    """Return what the log says of attacks and alarms, in one statement that reads no other event."""
    stretch = stretch_until(moment)
    wanted = Q(tag__in=_ALARMS)
    for attack in ATTACKS.values():
        wanted |= attack.condition
    # Found by tag or by reason, events stand in the order of their numbers: times tell the first of those.
    begun = AuditEvent.objects.filter(at__gte=stretch.first).order_by("at").values("sequence")[:1]
    rows = (
        AuditEvent.objects.filter(wanted, stretch.within("at"), sequence__gte=Subquery(begun))
        .order_by()
        .values_list("tag", "reason")
        .annotate(count=Count("pk"))
    )
    counts: Counter[str] = Counter()
    alarms: set[Tag] = set()
    for tag, reason, count in rows:
        for name, attack in ATTACKS.items():
            if attack.shows_in(tag, reason):
                counts[name] += count
        if tag in _ALARMS:
            alarms.add(Tag(tag))
    found = [Seen(name, each, counts[name]) for name, each in ATTACKS.items()]
    return Noted(found, sorted(alarms))


_ALARMS: Final = frozenset(tag for tag in Tag if tag.is_alarm)
