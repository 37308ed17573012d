"""What the overview shows, read in a fixed number of queries whatever the number of rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Case, DurationField, Exists, IntegerField, OuterRef, Q, Subquery, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from authsvc.clients.models import ClientSecret, RelyingParty
from authsvc.clients.settings.justification import REQUIRED
from authsvc.core.installation import away_from
from authsvc.core.texts import Text
from authsvc.keys.models import SigningKey
from authsvc.keys.samples import workers_there
from authsvc.keys.schedule import ROTATE_AFTER
from authsvc.management import sign_ins, starting
from authsvc.management.attacks import Noted, noted
from authsvc.management.evaluations import in_force
from authsvc.management.hours import HOURS
from authsvc.management.lapsing import lapsing
from authsvc.policy.services import pinned_region
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import current_tenant_id
from authsvc.transactions.models import AttemptCounter, Capture

_EXPIRES_SOON = timedelta(days=14)
# Scheduled work rotates a key on the day that it is due.
_LATE = timedelta(days=2)
_WAITS_LONG = timedelta(seconds=10)


@dataclass(frozen=True)
class Attention:
    """Something that an administrator should look at; `screen` names the route that shows it.

    `query` are the filters of the list there, as in an address.
    """

    kind: str
    title: Text
    text: Text
    screen: str = ""
    query: str = ""


@dataclass(frozen=True)
class Counts:
    """What is counted without reading it: people and relying parties up to COUNTED and one more, and so on.

    `waiting` are samples that no worker has judged yet, `waiting_since` when the oldest came. `signs_since`
    is when the oldest signing key began, None where there is no key. What lapses is that of lapsing.py, and
    `steps` what starting.py asks.
    """

    people: int
    relying_parties: int
    faces_off: int
    faces_waiting: int
    waiting: int
    waiting_since: datetime | None
    signs_since: datetime | None
    median: timedelta | None
    usual_median: timedelta | None
    approvals_lapsing: int
    links_over: int
    invitations_lapsing: int
    tokens_lapsing: int
    steps: Mapping[str, Any]

    @property
    def has(self) -> Mapping[str, Any]:
        """What the tenant has, as its first steps are told by (starting.py)."""
        return {**self.steps, "people": self.people, "relying_parties": self.relying_parties}


@dataclass(frozen=True)
class Overview:
    """Everything that the overview tells of now; `attention` is what is or soon is wrong, gravest first."""

    moment: datetime
    sign_ins: sign_ins.Today
    noted: Noted
    counts: Counts
    workers: int
    attention: list[Attention]

    @property
    def all_is_well(self) -> bool:
        """Whether nothing needs a look, and nothing was seen today that may be an attack."""
        return not self.attention and not self.noted.any_today

    @property
    def oldest_wait(self) -> timedelta | None:
        """How long the oldest sample has waited."""
        since = self.counts.waiting_since
        return None if since is None else max(self.moment - since, timedelta(0))

    @property
    def waits_long(self) -> bool:
        """Whether the workers do not keep up."""
        return self.oldest_wait is not None and self.oldest_wait > _WAITS_LONG

    @property
    def key_age(self) -> timedelta | None:
        """How long the oldest signing key has signed."""
        since = self.counts.signs_since
        return None if since is None else max(self.moment - since, timedelta(0))


def read(moment: datetime) -> Overview:
    """Return what the overview tells."""
    seen, day = noted(moment), sign_ins.today(moment)
    pinned, counts = pinned_region(), _counts(moment, day)
    workers = workers_there(pinned)
    attention = [
        *_alarms(seen, day),
        *_worker(pinned, workers),
        *_evidence(moment),
        *_keys(moment, counts),
        *_locked_people(counts),
        *_ending(moment),
        *_lapsing(counts),
    ]
    return Overview(moment, day, seen, counts, workers, attention)


def _alarms(seen: Noted, day: sign_ins.Today) -> list[Attention]:
    hours = f"hour={day.since:%Y-%m-%dT%H}&hours={HOURS}"
    return [Attention("bad", _("Alarm"), tag.words, "audit", f"tag={tag}&{hours}") for tag in seen.alarms]


def _worker(pinned: str, workers: int) -> list[Attention]:
    title = _("Face checks are down")
    if pinned and away_from(pinned):
        text = _("Faces are pinned to %(region)s, and the store or the key service is not there.")
        return [Attention("bad", title, text % {"region": pinned}, "policies")]
    if workers:
        return []
    if pinned:
        text = _("Faces are pinned to %(region)s, and no worker is there. Passkeys alone still work.")
        return [Attention("bad", title, text % {"region": pinned}, "policies")]
    text = _("No worker has published a key, so faces cannot be checked. Passkeys alone still work.")
    return [Attention("bad", title, text)]


def _keys(moment: datetime, counts: Counts) -> list[Attention]:
    since = counts.signs_since
    if since is None or since > moment - ROTATE_AFTER - _LATE:
        return []
    text = _("A key that signs tokens is past its 90 days: scheduled work does not rotate it.")
    return [Attention("warn", _("A signing key is old"), text, "signing-keys")]


def _evidence(moment: datetime) -> list[Attention]:
    standing = in_force(moment)
    if standing is None:
        text = _("No measurement of the face network is in force, so tokens say nothing of a face.")
        return [Attention("warn", _("No face counts"), text, "evidence")]
    if standing.ends > moment + _EXPIRES_SOON:
        return []
    text = _("The measurement that faces count by is nearly a year old, and then no face counts.")
    return [Attention("warn", _("Evidence ends soon"), text, "evidence")]


def _locked_people(counts: Counts) -> list[Attention]:
    disabled, waiting, found = counts.faces_off, counts.faces_waiting, []
    if disabled:
        text = ngettext(
            "%(count)d with ten failed tries in a row; they need to enrol their face again.",
            "%(count)d with ten failed tries in a row; they need to enrol their face again.",
            disabled,
        ) % {"count": disabled}
        found.append(Attention("warn", _("Faces turned off"), text, "people", "face=off"))
    if waiting:
        text = ngettext(
            "%(count)d after five or more failed tries in a row; this passes by itself.",
            "%(count)d after five or more failed tries in a row; this passes by itself.",
            waiting,
        ) % {"count": waiting}
        found.append(Attention("warn", _("Faces waiting"), text, "people", "face=waiting"))
    return found


def _lapsing(counts: Counts) -> Iterator[Attention]:
    """Yield what lapses unless somebody acts, each with the list of it."""
    if count := counts.approvals_lapsing:
        text = ngettext(
            "%(count)d risky change lapses within a day: nobody has agreed to it.",
            "%(count)d risky changes lapse within a day: nobody has agreed to them.",
            count,
        )
        yield Attention("warn", _("An agreement is missing"), text % {"count": count}, "approvals")
    if count := counts.links_over:
        text = ngettext(
            "%(count)d person has not used their link, and it is over. Make them a new one.",
            "%(count)d people have not used their links, and these are over. Make them new ones.",
            count,
        )
        yield Attention("warn", _("Enrolment links ended"), text % {"count": count}, "people", "link=over")
    if count := counts.invitations_lapsing:
        text = ngettext(
            "%(count)d invitation to the team ends within a day.",
            "%(count)d invitations to the team end within a day.",
            count,
        )
        yield Attention("warn", _("An invitation ends"), text % {"count": count}, "team")
    if count := counts.tokens_lapsing:
        text = ngettext(
            "%(count)d initial access token ends within a day, and was not used up.",
            "%(count)d initial access tokens end within a day, and were not used up.",
            count,
        )
        yield Attention("warn", _("Initial access tokens end"), text % {"count": count}, "initial-tokens")


SECRETS: Final = "secrets"
ASSESSMENTS: Final = "assessments"


def ending(what: str, moment: datetime) -> Q:
    """Return the condition on relying parties of which something ends soon: SECRETS or ASSESSMENTS.

    An assessment's end is one where the face or presence is required: that ends with it.
    """
    soon = moment + _EXPIRES_SOON
    if what == SECRETS:
        secrets = ClientSecret.objects.unchecked().filter(
            relying_party=OuterRef("pk"), expires_at__gt=moment, expires_at__lt=soon
        )
        return Q(Exists(secrets))
    strict = Q(extra__face=REQUIRED) | Q(extra__presence=REQUIRED)
    return strict & Q(justification__dpia_until__lte=soon.date().isoformat())


def _ending(moment: datetime) -> list[Attention]:
    secrets, assessments = ending(SECRETS, moment), ending(ASSESSMENTS, moment)
    rows = RelyingParty.objects.unchecked().annotate(
        expires=Case(When(secrets, then=True), default=False),
        ends=Case(When(assessments, then=True), default=False),
    )
    found = list(
        rows.filter(Q(expires=True) | Q(ends=True)).order_by("name").values_list("name", "expires", "ends")
    )
    expiring = ", ".join([name for name, expires, _ends in found if expires][:_NAMED])
    over = ", ".join([name for name, _expires, ends in found if ends][:_NAMED])
    return [
        Attention("warn", title, text % {"names": names}, "relying-parties", f"ends={what}")
        for title, text, names, what in (
            (_("Client secrets expire"), _("within two weeks: %(names)s"), expiring, SECRETS),
            (_("Impact assessments end"), _ASSESSMENTS, over, ASSESSMENTS),
        )
        if names
    ]


_NAMED = 5
_ASSESSMENTS = _("%(names)s: neither the face nor presence is required any more when its day has passed.")
COUNTED = 10_000
"""So many people are counted, and of more it is said that they are more."""


class _Counted(Subquery):
    """How many rows a query has."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"


def _counts(moment: datetime, day: sign_ins.Today) -> Counts:
    """Return what is counted, in one statement: its parts are subqueries."""
    people = Subject.objects.unchecked().exclude(status=Subject.Status.CLOSED)
    parties = RelyingParty.objects.unchecked().exclude(status=RelyingParty.Status.REMOVED)
    off = AttemptCounter.objects.filter(disabled=True)
    locked = AttemptCounter.objects.filter(disabled=False, locked_until__gt=moment)
    waiting = Capture.objects.filter(state=Capture.State.SUBMITTED)
    signing = SigningKey.objects.filter(state=SigningKey.State.CURRENT)
    medians, steps = sign_ins.median_rows(moment, day), starting.facts()
    found: Any = (
        Tenant.objects.filter(pk=current_tenant_id())
        .values(
            people=_counted(people.values("pk")[: COUNTED + 1]),
            relying_parties=_counted(parties.values("pk")[: COUNTED + 1]),
            faces_off=_counted(off.values("pk")),
            faces_waiting=_counted(locked.values("pk")),
            waiting=_counted(waiting.values("pk")),
            waiting_since=Subquery(waiting.order_by("submitted_at").values("submitted_at")[:1]),
            signs_since=Subquery(signing.order_by("state_changed_at").values("state_changed_at")[:1]),
            **{name: Subquery(row, output_field=DurationField()) for name, row in medians.items()},
            **{name: _counted(rows.values("pk")[:COUNTED]) for name, rows in lapsing(moment).items()},
            **steps,
        )
        .get()
    )
    done = {name: found.pop(name) for name in steps}
    sign_ins.remember_medians(day, found)
    return Counts(**{"median": day.median, "usual_median": day.usual_median, **found}, steps=done)


def _counted(rows: Any) -> _Counted:
    return _Counted(rows, output_field=IntegerField())
