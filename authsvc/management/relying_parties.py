"""Relying parties and their secrets; what is right or wrong with a setting is decided in authsvc.clients."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.audit.models import AuditEvent
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients import services
from authsvc.clients.fields import FIELDS
from authsvc.clients.models import ClientSecret, RelyingParty
from authsvc.clients.problems import RegistrationProblems
from authsvc.clients.settings.life import UNDO, in_test, removed_at
from authsvc.clients.settings.returning import SIGNED_IN_URI
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.texts import Text
from authsvc.management.acting import act
from authsvc.management.actors import Actor
from authsvc.oidc.bench import running
from authsvc.oidc.bench.persons import ensure_bench_person
from authsvc.oidc.requests.testing import push_test
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import current_tenant_id

_REFUSALS = (Tag.REQUEST_REFUSED, Tag.TOKEN_REFUSED)
_RECENT = 10
IDLE: Final = timedelta(days=7)
"""A secret that has not been used for so long can be revoked without anybody noticing."""


class NotDeleted(Refused):
    """There is nothing to bring back: it is not deleted, or was deleted too long ago."""

    def __init__(self, party: RelyingParty) -> None:
        text = _("It cannot be brought back: it is not deleted, or was deleted more than 30 days ago.")
        super().__init__("not-deleted", text, detail=party.pk, status=409)


class CannotTry(Refused):
    """The bench has nowhere to begin, or nowhere to look."""

    def __init__(self, party: RelyingParty, missing: str) -> None:
        text = _("The test bench needs the address that starts a sign-in, and a page for who is signed in.")
        super().__init__("bench-lacks", text, detail=f"{party.pk} has no {missing}", status=409)


class BenchGoesOn(Refused):
    """A run has not ended yet."""

    def __init__(self, party: RelyingParty) -> None:
        super().__init__("bench-goes-on", _("The test bench is at work."), detail=party.pk, status=409)


class NotTested(Refused):
    """The bench has not seen every bad token rejected."""

    def __init__(self, party: RelyingParty) -> None:
        text = _("The test bench has not seen it reject every bad token.")
        super().__init__("not-tested", text, detail=party.pk, status=409)


@act
def register(*, by: Actor, **settings: Any) -> tuple[RelyingParty, str | None]:
    """Register a relying party, and return it with its secret, shown this once; None for methods without.

    `settings` are fields of RelyingParty. In a live tenant it is in test until it is let live (S6.2-08).
    Raises RegistrationProblems, field by field.
    """
    live = not Tenant.objects.get(pk=current_tenant_id()).is_sandbox
    return services.register(actor=by.name, in_test=live, **settings)


@act
def change(*, by: Actor, party: RelyingParty, **settings: Any) -> RelyingParty:
    """Change fields of a relying party; raises RegistrationProblems and then changes nothing."""
    return services.change(party=party, actor=by.name, **settings)


@act
def add_secret(*, by: Actor, party: RelyingParty, old_until: datetime | None = None) -> str:
    """Add a secret beside the one in use, and return its text, shown this once.

    `old_until` is when the one in use ends by itself. Raises RegistrationProblems where two are live already.
    """
    return services.add_secret(party=party, actor=by.name, old_until=old_until)[1]


@act
def revoke_secret(*, by: Actor, secret: ClientSecret) -> None:
    """Remove a secret; other processes stop accepting it within ten seconds."""
    services.revoke_secret(secret=secret, actor=by.name)


@act
def remove(*, by: Actor, party: RelyingParty) -> None:
    """Delete a relying party; it is refused within ten seconds, and can be brought back for 30 days."""
    services.remove(party=party, actor=by.name)


@act
def restore(*, by: Actor, party: RelyingParty) -> None:
    """Bring a deleted relying party back as it was, with its secrets; raises NotDeleted."""
    if not services.restore(party=party, actor=by.name):
        raise NotDeleted(party)


@act
def begin_test(*, by: Actor, party: RelyingParty, return_to: str) -> str:
    """Begin a test sign-in, and return the address that the browser goes to; it ends at `return_to`.

    Whoever signs in there is signed in nowhere, and no token leaves.
    """
    record(Tag.TEST_BEGUN, actor=by.name, client=party.client_id)
    return push_test(party, return_to=return_to)


@act
def start_bench(*, by: Actor, party: RelyingParty) -> str:
    """Start the test bench at a relying party, and return the run's name; raises CannotTry, BenchGoesOn."""
    missing = bench_lacks(party)
    if missing:
        raise CannotTry(party, ", ".join(missing))
    run = running.last_run(party)
    if run is not None and run.goes_on:
        raise BenchGoesOn(party)
    ensure_bench_person()
    name = running.begin(party)
    record(Tag.BENCH_BEGUN, actor=by.name, client=party.client_id, run=name)
    return name


@act
def stop_bench(*, by: Actor, party: RelyingParty) -> None:
    """Let the cases that have not begun be run no more."""
    running.stop(party)
    record(Tag.BENCH_STOPPED, actor=by.name, client=party.client_id)


@act
def let_live(*, by: Actor, party: RelyingParty) -> None:
    """Let people sign in where the last bench saw every bad token rejected; raises NotTested."""
    run = running.last_run(party)
    if run is None or not run.passed:
        raise NotTested(party)
    services.let_live(party=party, actor=by.name, reason=f"bench {run.name}")


@act
def let_live_untested(*, by: Actor, party: RelyingParty) -> None:
    """Let people sign in where the bench has not passed it, as an exception of two (S6.2-08)."""
    services.let_live(party=party, actor=by.name, reason="exception")


def test_under(party: RelyingParty, number: str) -> AuditEvent | None:
    """Return how a test sign-in ended: its token, or the refusal; the last one where no number is given."""
    ends = AuditEvent.objects.filter(client=party.client_id)
    if number:
        return ends.filter(transaction=number, tag__in=(Tag.TEST_SIGNED_IN, Tag.REQUEST_REFUSED)).first()
    return ends.filter(tag=Tag.TEST_SIGNED_IN).order_by("-sequence").first()


def last_bench(party: RelyingParty) -> running.Run | None:
    """Return the last run of the test bench, None where there was none."""
    return running.last_run(party)


def bench_lacks(party: RelyingParty) -> list[str]:
    """Return the settings that the bench needs and that are not set; each is a name of clients/fields.py."""
    needed = ("initiate_login_uri", SIGNED_IN_URI.name)
    return [name for name in needed if not FIELDS[name].of(party)]


def kept() -> QuerySet[RelyingParty]:
    """Return the relying parties that are not deleted."""
    return RelyingParty.objects.exclude(status=RelyingParty.Status.REMOVED)


def problems_of(**settings: Any) -> dict[str, list[Text]]:
    """Return what would be wrong with a relying party of these settings, field by field."""
    return services.problems_of(**settings)


def note_refusal(problems: RegistrationProblems, *, actor: Actor, party: RelyingParty | None = None) -> None:
    """Record that settings were refused, by the names of the fields, once what was tried is rolled back."""
    record(
        Tag.CLIENT_REFUSED,
        actor=actor.name,
        client=party.client_id if party is not None else "",
        reason="settings",
        fields=sorted(problems.fields),
    )


def secrets_of(party: RelyingParty) -> list[ClientSecret]:
    """Return the secrets that have not expired, newest first."""
    return services.live_secrets(party)


def room_for_secret(party: RelyingParty, secrets: list[ClientSecret]) -> bool:
    """Whether another secret can be added beside those that are live."""
    return party.uses_secret and len(secrets) < services.SECRETS_AT_ONCE


def refusals_of(party: RelyingParty) -> QuerySet[AuditEvent]:
    """Return the last requests of a relying party that were refused, the newest first."""
    found = AuditEvent.objects.filter(client=party.client_id, tag__in=_REFUSALS)
    return found.order_by("-sequence")[:_RECENT]


def keys_read(party: RelyingParty) -> AuditEvent | None:
    """Return when the keys behind its jwks_uri were last read anew, with their kids; None where never."""
    if not party.jwks_uri:
        return None
    found = AuditEvent.objects.filter(client=party.client_id, tag=Tag.CLIENT_KEYS_READ)
    return found.order_by("-sequence").first()


@dataclass(frozen=True)
class Standing:
    """How a relying party stands: the time of its last sign-in, and its deletion with what is left to undo.

    `state` is one of deleted, suspended, no-secret, test, live.
    """

    state: str
    last_sign_in: datetime | None
    deleted_at: datetime | None
    undo_until: datetime | None


def standing_of(party: RelyingParty, secrets: list[ClientSecret]) -> Standing:
    """Return how a relying party stands."""
    last = AuditEvent.objects.filter(client=party.client_id, tag=Tag.TOKEN_ISSUED).exclude(reason="bench")
    moment = last.order_by("-sequence").values_list("at", flat=True).first()
    since = removed_at(party)
    undo = since + UNDO if since is not None and since + UNDO > now() else None
    return Standing(_state(party, secrets), moment, since, undo)


def _state(party: RelyingParty, secrets: list[ClientSecret]) -> str:
    if party.status == RelyingParty.Status.REMOVED:
        return "deleted"
    if party.status == RelyingParty.Status.SUSPENDED:
        return "suspended"
    if party.uses_secret and not secrets:
        return "no-secret"
    return "test" if in_test(party) else "live"


def idle_secret(secrets: list[ClientSecret]) -> ClientSecret | None:
    """Return the older of two secrets where it has not been used for IDLE, or never beside a used one."""
    if len(secrets) < services.SECRETS_AT_ONCE:
        return None
    new, old = secrets[0], secrets[-1]
    used = old.last_used_at or old.created_at
    idle = now() - used >= IDLE or (old.last_used_at is None and new.last_used_at is not None)
    return old if idle else None
