"""What the overview shows, read in a fixed number of queries whatever the number of rows."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncHour
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.clients.models import ClientSecret, RelyingParty
from authsvc.clients.settings.face import REQUIRED
from authsvc.core.texts import Text
from authsvc.keys.samples import keys_on_offer
from authsvc.management.attempts.outcome import with_outcome
from authsvc.management.evaluations import in_force
from authsvc.subjects.models import Subject
from authsvc.transactions.models import AttemptCounter, Transaction

HOURS = 24
_EXPIRES_SOON = timedelta(days=14)
_ALARMS = [tag for tag in Tag if tag.is_alarm]


@dataclass(frozen=True)
class Hour:
    """Sign-ins of one hour, by how they ended."""

    start: datetime
    accepted: int
    refused: int


@dataclass(frozen=True)
class Attention:
    """Something that an administrator should look at; `screen` names the route that shows it."""

    kind: str
    title: Text
    text: Text
    screen: str = ""


def sign_ins_by_hour(moment: datetime) -> list[Hour]:
    """Return the last 24 hours, the present one last, empty ones too."""
    first = moment.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    rows = (
        with_outcome(Transaction.objects.filter(kind=Transaction.Kind.AUTHENTICATE, created_at__gte=first))
        .annotate(hour=TruncHour("created_at"))
        .values_list("hour", "outcome")
        .annotate(count=Count("pk"))
    )
    counts: Counter[tuple[datetime, str]] = Counter()
    for hour, outcome, count in rows:
        counts[hour, outcome] += count
    starts = [first + timedelta(hours=offset) for offset in range(HOURS)]
    return [Hour(start, counts[start, "accepted"], counts[start, "refused"]) for start in starts]


def needs_attention(moment: datetime) -> list[Attention]:
    """Return what is wrong or soon will be, the gravest first."""
    return (
        _alarms(moment)
        + _worker()
        + _evidence(moment)
        + _locked_people(moment)
        + _expiring_secrets(moment)
        + _expiring_assessments(moment)
    )


def _alarms(moment: datetime) -> list[Attention]:
    recent = AuditEvent.objects.filter(tag__in=_ALARMS, at__gte=moment - timedelta(hours=HOURS))
    tags = recent.order_by().values_list("tag", flat=True).annotate(count=Count("pk"))
    return [Attention("bad", _("Alarm"), Tag(tag).words, "audit") for tag in tags]


def _worker() -> list[Attention]:
    if keys_on_offer():
        return []
    text = _("No worker has published a key, so faces cannot be checked. Passkeys alone still work.")
    return [Attention("bad", _("Face checks are down"), text)]


def _evidence(moment: datetime) -> list[Attention]:
    standing = in_force(moment)
    if standing is None:
        text = _("No measurement of the face network is in force, so tokens say nothing of a face.")
        return [Attention("warn", _("No face counts"), text, "evidence")]
    if standing.ends > moment + _EXPIRES_SOON:
        return []
    text = _("The measurement that faces count by is nearly a year old, and then no face counts.")
    return [Attention("warn", _("Evidence ends soon"), text, "evidence")]


def _locked_people(moment: datetime) -> list[Attention]:
    disabled = AttemptCounter.objects.filter(disabled=True).count()
    waiting = AttemptCounter.objects.filter(disabled=False, locked_until__gt=moment).count()
    found = []
    if disabled:
        text = ngettext(
            "%(count)d with ten failed tries in a row; they need to enrol their face again.",
            "%(count)d with ten failed tries in a row; they need to enrol their face again.",
            disabled,
        ) % {"count": disabled}
        found.append(Attention("warn", _("Faces turned off"), text, "people"))
    if waiting:
        text = ngettext(
            "%(count)d after five or more failed tries in a row; this passes by itself.",
            "%(count)d after five or more failed tries in a row; this passes by itself.",
            waiting,
        ) % {"count": waiting}
        found.append(Attention("warn", _("Faces waiting"), text, "people"))
    return found


def _expiring_secrets(moment: datetime) -> list[Attention]:
    names = (
        ClientSecret.objects.filter(expires_at__gt=moment, expires_at__lt=moment + _EXPIRES_SOON)
        .values_list("relying_party__name", flat=True)
        .distinct()
        .order_by("relying_party__name")[:5]
    )
    text = _("within two weeks: %(names)s") % {"names": ", ".join(names)}
    return [Attention("warn", _("Client secrets expire"), text, "relying-parties")] if names else []


def _expiring_assessments(moment: datetime) -> list[Attention]:
    """Name the relying parties that require the face, and whose impact assessment ends soon or has ended."""
    soon = (moment + _EXPIRES_SOON).date().isoformat()
    requiring = RelyingParty.objects.filter(extra__face=REQUIRED, justification__dpia_until__lte=soon)
    names = list(requiring.order_by("name").values_list("name", flat=True)[:5])
    text = _("%(names)s: the face is not required any more when its day has passed.") % {
        "names": ", ".join(names)
    }
    title = _("Impact assessments end")
    return [Attention("warn", title, text, "relying-parties")] if names else []


def totals() -> dict[str, int]:
    """Return how many people and relying parties the tenant has."""
    return {
        "people": Subject.objects.exclude(status=Subject.Status.CLOSED).count(),
        "relying_parties": RelyingParty.objects.count(),
    }
