"""How an attempt ended, in one word; the same in lists, charts and explanations."""

from django.db.models import Case, CharField, Prefetch, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from authsvc.clients.models import RelyingParty
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction

OUTCOMES = {
    "accepted": _("Accepted"),
    "refused": _("Refused"),
    "running": _("In progress"),
    "left": _("Left unfinished"),
}
_LISTED = ("kind", "state", "created_at", "level", "refused_for", "client", "subject")


def listed(*also: str) -> QuerySet[Transaction]:
    """Return attempts as lists show them, with `outcome`, and the columns `also`: not what was asked for.

    That may be long (T06). A row of a list lets nobody in; what is opened from it is read whole, and believed
    or not.
    """
    rows = Transaction.objects.unchecked().only(*_LISTED, *also)
    # Names by statements of their own: joined, PostgreSQL may read all people to name fifty.
    clients: QuerySet[RelyingParty] = RelyingParty.objects.unchecked().only("name")
    subjects: QuerySet[Subject] = Subject.objects.unchecked().only("name")
    return with_outcome(rows).prefetch_related(Prefetch("client", clients), Prefetch("subject", subjects))


def listed_of(subject: Subject, *also: str) -> QuerySet[Transaction]:
    """Return the attempts of one person as `listed` does, few at a time: with the sites, by one statement."""
    rows = Transaction.objects.unchecked().filter(subject=subject).select_related("client")
    return with_outcome(rows.only(*_LISTED, "client__name", *also))


_RUNNING = [state for state in Transaction.State if state not in Transaction.ENDED]
_LEFT = Q(state__in=Transaction.LEFT)
_ACCEPTED = ~_LEFT & Q(decided_at__isnull=False)
_REFUSED = ~Q(refused_for="")
_CONDITIONS = {
    "accepted": _ACCEPTED,
    "refused": _REFUSED & (_LEFT | Q(decided_at__isnull=True)),
    "left": _LEFT & Q(refused_for=""),
    # Those of them that an index holds alone.
    "running": Q(state__in=_RUNNING, decided_at__isnull=True, refused_for=""),
}


def ended(outcome: str) -> Q:
    """Return the condition on attempts that ended so; each has an index, in the order of the list."""
    return _CONDITIONS[outcome]


def with_outcome(rows: QuerySet[Transaction]) -> QuerySet[Transaction]:
    """Add `outcome` to transactions: accepted, refused (a device or a face was), running, or left."""
    return rows.annotate(
        outcome=Case(
            When(_ACCEPTED, then=Value("accepted")),
            When(_REFUSED, then=Value("refused")),
            When(_LEFT, then=Value("left")),
            default=Value("running"),
            output_field=CharField(),
        )
    )
