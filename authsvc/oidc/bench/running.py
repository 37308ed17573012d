"""A run of the bench: its cases go out by the outbox, one after the other, and their ends into the log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings

from authsvc.audit.models import AuditEvent
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.clients.settings.returning import SIGNED_IN_URI
from authsvc.core.clock import now
from authsvc.core.ids import new_id
from authsvc.delivery.kinds import Errand, Kind, Outcome, register
from authsvc.delivery.models import Delivery
from authsvc.delivery.outbox import drop, put
from authsvc.oidc.bench.cases import Case
from authsvc.oidc.bench.driver import SECONDS, Order, Seen, drive
from authsvc.oidc.bench.ticket import make_ticket
from authsvc.oidc.models import Grant
from authsvc.oidc.requests.wanted import Tried
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.oidc.wire.initiate import initiation_url

_AS_IT_SHOULD: Final = 200
_OTHERWISE: Final = 409
PATIENCE: Final = timedelta(minutes=5)
"""A run that has not ended after this is over: nobody carries it out."""


def _make(delivery: Delivery) -> Errand | None:
    client, case = delivery.client, Case(delivery.content["case"])
    ticket = make_ticket(client, Tried(client.client_id, delivery.about, case.value))
    order = Order(
        start=initiation_url(client),
        page=SIGNED_IN_URI.of(client),
        authorize=f"{issuer_of(client.tenant)}authorize",
        ticket=ticket,
        allow_loopback=settings.ALLOW_LOOPBACK_FETCH,
    )
    return Errand(lambda: _run(order, case), alone_at=f"bench {client.pk}")


def _run(order: Order, case: Case) -> tuple[int, str]:
    seen, why = drive(order)
    wanted = Seen.LET_IN if case == Case.GOOD else Seen.KEPT_OUT
    good = seen == wanted or (seen == Seen.NOT_ASKED and case != Case.GOOD)
    return (_AS_IT_SHOULD if good else _OTHERWISE), f"{seen} {why}".strip()


def _settled(delivery: Delivery, outcome: Outcome) -> None:
    """Write down how a case ended; one whose token was never fetched has seen nothing."""
    case = Case(delivery.content["case"])
    seen, _, why = outcome.said.partition(" ")
    if outcome.status is None or seen not in set(Seen):
        seen, why = Seen.UNSEEN, outcome.said
    grants = Grant.objects.filter(
        client=delivery.client, claims__bench__run=delivery.about, claims__bench__case=case.value
    )
    if seen == Seen.KEPT_OUT and not grants.exclude(code_redeemed_at=None).exists():
        seen, why = Seen.UNSEEN, "it never asked for the token"
    record(
        Tag.BENCH_SEEN,
        client=delivery.client.client_id,
        reason=str(seen),
        run=delivery.about,
        case=case.value,
        why=why,
    )
    # What was given for the bench lets nobody in afterwards; the good one comes again, and goes at the end.
    over = grants if case not in {Case.GOOD, Case.AGE} else Grant.objects.none()
    if case == list(Case)[-1]:
        over = Grant.objects.filter(client=delivery.client, claims__bench__run=delivery.about)
    over.filter(revoked_at=None).update(revoked_at=now())


KIND: Final = register(
    Kind(name="test-bench", make=_make, arrived=lambda status: status == _AS_IT_SHOULD, settled=_settled)
)


def begin(client: RelyingParty) -> str:
    """Put every case into the outbox, and return the run's name."""
    run, moment = new_id(), now()
    for place, case in enumerate(Case):
        put(KIND, client=client, about=run, due_at=moment + timedelta(microseconds=place), case=case.value)
    return run


def stop(client: RelyingParty) -> int:
    """Let the cases that have not begun be run no more, and return how many."""
    waiting = list(Delivery.objects.filter(client=client, kind=KIND.name, due_at__isnull=False))
    for delivery in waiting:
        drop(delivery)
    return len(waiting)


@dataclass(frozen=True)
class Result:
    """How one case ended: a Seen, or "" while it waits; and why, in a developer's words."""

    case: Case
    seen: str
    why: str

    @property
    def is_good(self) -> bool:
        """Whether the relying party did as it should."""
        if self.case == Case.GOOD:
            return self.seen == Seen.LET_IN
        return self.seen in {Seen.KEPT_OUT, Seen.NOT_ASKED}


@dataclass(frozen=True)
class Run:
    """The last run at a relying party: its begin, its cases in their order, and whether it still goes on."""

    name: str
    began_at: datetime
    results: list[Result]
    goes_on: bool

    @property
    def done(self) -> int:
        """How many cases have ended."""
        return sum(bool(result.seen) for result in self.results)

    @property
    def passed(self) -> bool:
        """Whether the good token was taken, and every bad one rejected."""
        return all(result.is_good for result in self.results)


def last_run(client: RelyingParty) -> Run | None:
    """Return the last run at a relying party, None where there was none."""
    begun = AuditEvent.objects.filter(client=client.client_id, tag=Tag.BENCH_BEGUN)
    first = begun.order_by("-sequence").first()
    if first is None:
        return None
    name = str(first.details.get("run"))
    seen: Mapping[str, dict[str, Any]] = {
        event.details["case"]: {"seen": event.reason, "why": event.details.get("why", "")}
        for event in AuditEvent.objects.filter(
            client=client.client_id, tag=Tag.BENCH_SEEN, at__gte=first.at, details__run=name
        )
    }
    results = [Result(case, **seen.get(case.value, {"seen": "", "why": ""})) for case in Case]
    waits = Delivery.objects.filter(client=client, about=name, delivered_at=None, problem="").filter(
        kind=KIND.name, created_at__gt=now() - PATIENCE
    )
    goes_on = any(not result.seen for result in results) and any(
        row.due_at is not None
        or (row.tries and now() - row.created_at < timedelta(seconds=len(Case) * SECONDS))
        for row in waits
    )
    return Run(name, first.at, results, goes_on)
