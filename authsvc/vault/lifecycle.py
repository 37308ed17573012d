"""What any process may do to references: find, revoke and forget them; no key is needed for it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.tenancy.scope import current_tenant_id
from authsvc.vault.models import DeviceWrap, DueErasure, Moment, Reference


@dataclass(frozen=True)
class Facts:
    """What may be told of an active reference: its model, its engine, when it was made and last used."""

    model: str
    engine: str
    made_at: datetime
    used_at: datetime | None


def facts_of(pseudonym: str) -> Facts | None:
    """Return the facts of an active reference, or None where there is no such one."""
    row = _active().filter(pseudonym=pseudonym).first()
    return Facts(row.model, row.engine, row.created_at, row.last_opened_at) if row else None


def made_before(moment: datetime) -> list[str]:
    """Return the pseudonyms of the active references of the tenant in scope that are older."""
    return list(_active().filter(created_at__lt=moment).values_list("pseudonym", flat=True))


def unused_since(moment: datetime) -> list[str]:
    """Return the pseudonyms of the tenant's active references that were last opened, or made, before then."""
    used = _active().annotate(used_at=Coalesce("last_opened_at", "created_at"))
    return list(used.filter(used_at__lt=moment).values_list("pseudonym", flat=True))


def model_of(pseudonym: str) -> str | None:
    """Return the letter of an active reference's application model, or None where there is no such one."""
    return _active().filter(pseudonym=pseudonym).values_list("model", flat=True).first()


def opens_for(pseudonym: str, *, device: str) -> bool:
    """Whether an active reference's key is wrapped for that device, so that its share opens it."""
    return DeviceWrap.objects.filter(reference__in=_active(), reference_id=pseudonym, device=device).exists()


def revoked_references() -> QuerySet[Reference, str]:
    """Return the pseudonyms of the erased references of the tenant in scope."""
    return Reference.objects.filter(status=Reference.Status.REVOKED).values_list("pseudonym", flat=True)


def active_with_own_key() -> list[str]:
    """Return the pseudonyms of the tenant's active references that open with a key of their own alone."""
    return list(_active().filter(wraps__under_key=True).values_list("pseudonym", flat=True).distinct())


@transaction.atomic
def forget_device(*, device: str) -> int:
    """Remove every wrap of a revoked device, and return how many."""
    return DeviceWrap.objects.filter(device=device).delete()[0]


@transaction.atomic
def revoke_reference(*, pseudonym: str, reason: str) -> None:
    """Erase a reference for good: wraps, template and moments go, a tombstone without biometric data stays.

    Its key is destroyed by the next worker that looks, and with it every copy in logs and backups.
    """
    DeviceWrap.objects.filter(reference_id=pseudonym).delete()
    Moment.objects.filter(reference_id=pseudonym).delete()
    changed = (
        _active().filter(pseudonym=pseudonym).update(status=Reference.Status.REVOKED, sealed_template=b"")
    )
    if changed:
        DueErasure.objects.get_or_create(pseudonym=pseudonym, defaults={"tenant": current_tenant_id()})
        record(Tag.REFERENCE_REVOKED, reference=pseudonym, reason=reason)


def qualities_of(pseudonym: str) -> dict[str, int]:
    """Return the quality, 0 to 100, of each moment of an active reference, by its id.

    The reference's own template has the pseudonym for its id.
    """
    row = _active().filter(pseudonym=pseudonym).first()
    further = Moment.objects.filter(reference_id=pseudonym).values_list("pk", "quality")
    return {row.pseudonym: row.quality, **dict(further)} if row is not None else {}


@transaction.atomic
def drop_moments(*, pseudonym: str, moments: Collection[str]) -> None:
    """Erase moments of a reference; the pseudonym stands for its own template, and the others stay."""
    if not moments:
        return
    Moment.objects.filter(reference_id=pseudonym, pk__in=moments).delete()
    if pseudonym in moments:
        _active().filter(pseudonym=pseudonym).update(sealed_template=b"")
    record(Tag.MOMENTS_DROPPED, reference=pseudonym, count=len(moments))


def _active() -> QuerySet[Reference]:
    return Reference.objects.filter(status=Reference.Status.ACTIVE)
