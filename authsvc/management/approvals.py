"""Four eyes as a service: an act is asked for, another administrator agrees, and it is done (S9.4-02).

Where the tenant has nobody else who could agree, the act waits a day instead, in sight of the whole team.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib import import_module
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.texts import Text
from authsvc.management.acting import NeedsAgreement, NotPermitted, act, may
from authsvc.management.actors import Actor, Agreed, Member
from authsvc.management.four_eyes import TOLD, narrowed
from authsvc.management.freezing import digest_of, frozen, is_row, thawed
from authsvc.management.models import ABOUT_A_PERSON, Approval
from authsvc.management.permissions import ACTS, permissions_of
from authsvc.management.receipts import new_receipt
from authsvc.subjects.models import Subject
from authsvc.tenancy.scope import current_tenant_id

LIFE: Final = timedelta(days=7)
ALONE_AFTER: Final = timedelta(hours=24)

# What each act that can wait is called on screens.
WORDS: Final[Mapping[str, Text]] = {
    "relying_parties.register": _("Register a relying party"),
    "relying_parties.change": _("Change a relying party"),
    "relying_parties.let_live_untested": _("Let a relying party live without the test bench"),
    "people.create_link": _("Set up a person’s sign-in anew"),
    "policies.set_region": _("Change where faces are processed"),
    "policies.set_models": _("Change where faces are kept"),
    "policies.publish": _("Publish a policy"),
    "policies.roll_back": _("Go back to an older policy"),
    "hosts.go_live": _("Move to a host name of your own"),
    "hosts.leave": _("Move back to the address of the installation"),
    "log.allow_export": _("Export the audit log"),
    "team.invite": _("Invite somebody to the team"),
    "team.set_role": _("Give a member of the team more power"),
    "team.enable": _("Let a member of the team in again"),
    "team.start_anew": _("Let a member of the team start anew"),
    "single_sign_on.configure": _("Let the team sign in at a provider of your own"),
    "self_enrolment.configure": _("Let people enrol by the word of a provider of your own"),
}


class NotPending(Refused):
    """The request was decided already, has expired, or is about what is gone."""

    def __init__(self, approval: Approval, *, detail: str) -> None:
        text = _("This request is over; nothing was changed.")
        super().__init__("not-pending", text, detail=f"{approval.pk}: {detail}", status=409)


class TooSoon(Refused):
    """Whom the request is about was told, and may stop it a while yet."""

    def __init__(self, approval: Approval) -> None:
        text = _("The person was told and may still stop it. Agree when their day is over.")
        detail = f"{approval.pk}: not before {approval.agreed_from.isoformat()}"
        super().__init__("too-soon", text, detail=detail, status=409)


class OwnRequest(Refused):
    """Who asked would agree with themselves."""

    def __init__(self, approval: Approval) -> None:
        text = _("Somebody else has to agree to what you asked for.")
        super().__init__("own-request", text, detail=approval.pk, status=409)


@act
def ask(*, by: Member, wanted: NeedsAgreement, why: str) -> Approval:
    """Ask for what an act refused to do for one alone; return the request, or the same one from before."""
    if not may(by, ACTS[wanted.act].permission):
        raise NotPermitted(by, wanted.act)
    kept = frozen(narrowed(wanted.act, wanted.given))
    digest = digest_of(wanted.act, kept)
    found = pending().filter(digest=digest, asked_by=by.user_id).first()
    if found is not None:
        return found
    moment = now()
    asked = Approval.objects.create(
        act=wanted.act,
        arguments=kept,
        digest=digest,
        about=_about(wanted.given)[:200],
        why=why[:300],
        asked_by=by.user_id,
        asked_by_name=by.name,
        asked_at=moment,
        expires_at=moment + LIFE,
        alone_from=None if others_who_may(by.user_id, wanted.act, wanted.given) else moment + ALONE_AFTER,
    )
    _record(Tag.APPROVAL_ASKED, by, asked, why=asked.why, alone=asked.alone_from is not None)
    if wanted.act in TOLD:
        TOLD[wanted.act](wanted.given)
    return asked


@act
def approve(*, by: Actor, approval: Approval) -> Any:
    """Agree to what another asked for: it is done in this very transaction, and its result returned.

    Raises NotPending, OwnRequest, TooSoon, NotPermitted where either may not do it, and what the act raises.
    """
    row = _pending(approval)
    if isinstance(by, Member) and by.user_id == row.asked_by:
        raise OwnRequest(row)
    if not may(by, ACTS[row.act].permission):
        raise NotPermitted(by, row.act)
    if not row.may_be_agreed:
        raise TooSoon(row)
    return _carry_out(row, by)


@act
def carry_out_alone(*, by: Member, approval: Approval) -> Any:
    """Carry out what one asked for a day ago, where nobody else could agree; raises like `approve`."""
    row = _pending(approval)
    given = _thawed(row)
    if row.asked_by != by.user_id or not row.may_go_alone or others_who_may(by.user_id, row.act, given):
        raise OwnRequest(row)
    return _carry_out(row, by)


@act
def refuse(*, by: Actor, approval: Approval) -> str:
    """Refuse what another asked for, or about oneself, or take back what one asked for; raises NotPending.

    Return the receipt number. A process without the portal's key can do it: what is over needs no seal.
    """
    row, receipt = _pending(approval), new_receipt()
    _end(row, Approval.State.REFUSED, by.name)
    about = row.subject_id
    _record(Tag.APPROVAL_REFUSED, by, row, subject="" if about is None else str(about), receipt=receipt)
    return receipt


def expire() -> int:
    """End the tenant's requests that nobody decided in time, and return how many."""
    due = Approval.objects.filter(state=Approval.State.PENDING, expires_at__lte=now())
    ended = 0
    for row in due:
        if _end(row, Approval.State.EXPIRED, ""):
            record(Tag.APPROVAL_EXPIRED, act=row.act, approval=row.pk, asked_by=row.asked_by_name)
            ended += 1
    return ended


def pending() -> QuerySet[Approval]:
    """Return the requests that wait, the newest first."""
    found = Approval.objects.filter(state=Approval.State.PENDING, expires_at__gt=now())
    return found.order_by("-asked_at")


def about(subject: Subject) -> QuerySet[Approval]:
    """Return the requests that wait and are about a person, the newest first."""
    return pending().filter(act=ABOUT_A_PERSON, arguments__subject__key=str(subject.pk))


def decided() -> QuerySet[Approval]:
    """Return the requests that are over, the newest first."""
    return Approval.objects.exclude(pk__in=pending().values("pk")).order_by("-asked_at")


def others_who_may(user_id: UUID, act: str, given: Mapping[str, Any]) -> bool:
    """Whether somebody else of the tenant could agree to an act that this user asks for.

    A member whom the act is about is not waited for: who starts anew cannot come in to agree.
    """
    # Not above: the process that ends what nobody decided has no users, and so no memberships to import.
    from authsvc.tenancy.memberships.models import Membership

    about = [value.user_id for value in given.values() if isinstance(value, Membership)]
    found = Membership.in_force.filter(tenant_id=current_tenant_id()).exclude(user_id__in=[user_id, *about])
    return any(ACTS[act].permission in permissions_of(row.role) for row in found)


def _about(given: Mapping[str, Any]) -> str:
    """Return the name of the row that an act is about, the name that it gets, a host, or the models chosen.

    A person is called by their id: it goes to mails and into the audit log, which outlast them.
    """
    rows = [value for value in given.values() if is_row(value)]
    named = [f"person {row.pk}" if isinstance(row, Subject) else str(row) for row in rows]
    if named:
        return named[0]
    said = [given[word] for word in ("name", "email", "host") if word in given]
    return str(said[0] if said else ", ".join(given.get("models", ())))


def _pending(approval: Approval) -> Approval:
    """Return the request's row, locked until it is decided; raises NotPending."""
    row = Approval.objects.select_for_update().get(pk=approval.pk)
    if not row.is_pending:
        raise NotPending(row, detail=f"it is {row.state}, and expires at {row.expires_at.isoformat()}")
    if digest_of(row.act, row.arguments) != row.digest or row.act not in ACTS:
        raise NotPending(row, detail="it is not what was asked for")
    return row


def _carry_out(row: Approval, by: Actor) -> Any:
    asked = Member(user_id=row.asked_by, name=row.asked_by_name)
    if not may(asked, ACTS[row.act].permission):
        raise NotPermitted(asked, row.act)
    given = _thawed(row)
    _decide(row, Approval.State.APPROVED, by.name)
    _record(Tag.APPROVAL_GIVEN, by, row)
    return _act_of(row.act)(by=Agreed(asked=asked, agreed=by), **given)


def _thawed(row: Approval) -> dict[str, Any]:
    try:
        return thawed(row.arguments)
    except ObjectDoesNotExist as gone:
        raise NotPending(row, detail=f"what it is about is gone: {gone}") from None


def _act_of(name: str) -> Callable[..., Any]:
    room, function = name.split(".")
    found: Callable[..., Any] = getattr(import_module(f"authsvc.management.{room}"), function)
    return found


def _end(row: Approval, state: str, by_name: str) -> int:
    """End a request that waits without its being done; 0 where it was decided meanwhile."""
    waiting = Approval.objects.filter(pk=row.pk, state=Approval.State.PENDING)
    return waiting.update(state=state, decided_by_name=by_name, decided_at=now())


def _decide(row: Approval, state: str, by_name: str) -> None:
    row.state, row.decided_by_name, row.decided_at = state, by_name, now()
    row.save(update_fields=["state", "decided_by_name", "decided_at"])


def _record(tag: Tag, by: Actor, row: Approval, **details: Any) -> None:
    record(
        tag,
        actor=by.name,
        act=row.act,
        approval=row.pk,
        about=row.about,
        digest=row.digest,
        asked_by=row.asked_by_name,
        **details,
    )
