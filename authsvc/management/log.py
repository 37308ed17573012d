"""Taking events of the log out of the portal: two administrators allow it, and who asked takes them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.audit.exporting import FORMATS, events
from authsvc.audit.models import AuditEvent
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.management.acting import act
from authsvc.management.actors import Actor, Member
from authsvc.management.models import Approval

ACT: Final = "log.allow_export"
LIFE: Final = timedelta(hours=24)
"""So long after the agreement an export can be made, once."""


class NotAllowed(Refused):
    """Nobody agreed to this export, it was made already, or its day is over."""

    def __init__(self, *, detail: str) -> None:
        super().__init__("export-not-allowed", _("This export is not allowed."), detail=detail, status=409)


@act
def allow_export(*, by: Actor, form: str, since: str = "", until: str = "") -> None:
    """Allow one export of the events of some days, in a form; raises NotAllowed for an unknown one."""
    if form not in FORMATS:
        raise NotAllowed(detail=f"there is no form {form}")
    record(Tag.LOG_EXPORT_ALLOWED, actor=by.name, reason=form, since=since, **_end(until))


@act
def take_export(*, by: Member, approval: Approval) -> Iterator[str]:
    """Yield what this member asked for and another agreed to, once; raises NotAllowed."""
    if approval.asked_by != by.user_id:
        raise NotAllowed(detail=f"{by.name} did not ask for {approval.pk}")
    return export_agreed(approval.pk, actor=by.name)


def export(*, form: str, since: str, actor: str, until: str = "", approval: str = "") -> Iterator[str]:
    """Yield the events as lines of a form, after writing down that it is done."""
    record(Tag.LOG_EXPORTED, actor=actor, reason=form, since=since, approval=approval, **_end(until))
    return FORMATS[form](events(since=since, until=until))


@transaction.atomic
def export_agreed(approval: str, *, actor: str) -> Iterator[str]:
    """Yield what two administrators agreed to export, once; raises NotAllowed."""
    # Locked: of two who take it at the same moment one gets it.
    row = _agreed().select_for_update(no_key=True).filter(pk=approval).first()
    if row is None or row.decided_at is None:
        raise NotAllowed(detail=f"nobody agreed to {approval}")
    if now() - row.decided_at > LIFE:
        raise NotAllowed(detail=f"{approval} was agreed to more than a day ago")
    if _is_taken(row):
        raise NotAllowed(detail=f"{approval} was exported already")
    return export(**row.arguments, actor=actor, approval=approval)


def ready_for(member: Member) -> list[Approval]:
    """Return the exports that this member asked for, that were agreed to, and that wait to be taken."""
    found = _agreed().filter(asked_by=member.user_id, decided_at__gt=now() - LIFE).order_by("-decided_at")
    return [row for row in found if not _is_taken(row)]


def _agreed() -> QuerySet[Approval]:
    return Approval.objects.filter(act=ACT, state=Approval.State.APPROVED)


def _is_taken(row: Approval) -> bool:
    return AuditEvent.objects.filter(tag=Tag.LOG_EXPORTED, details__approval=row.pk).exists()


def _end(until: str) -> dict[str, str]:
    return {"until": until} if until else {}
