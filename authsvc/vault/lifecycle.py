"""What any process may do to references: find, revoke and forget them; no key is needed for it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet, Subquery
from django.db.models.functions import Coalesce

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.tenancy.scope import current_tenant_id
from authsvc.vault import due
from authsvc.vault.models import Bundle, DeviceWrap, DueErasure, Moment, Reference

NO_DEVICE = ""
"""The device of a wrap that takes no device's share."""


@dataclass(frozen=True)
class Facts:
    """What may be told of an active reference: its model, its engine, when it was made and last used."""

    model: str
    engine: str
    made_at: datetime
    used_at: datetime | None


_FACTS: Final = ("model", "engine", "created_at", "last_opened_at")


@dataclass(frozen=True)
class Known:
    """An active reference: its facts, the quality of each of its moments by its id, and what else was asked.

    The reference's own template has the pseudonym for its id. Qualities are 0 to 100.
    """

    facts: Facts
    qualities: dict[str, int]
    beside: dict[str, Any]


def facts_of(pseudonym: str) -> Facts | None:
    """Return the facts of an active reference, or None where there is no such one."""
    known = known_of(pseudonym)
    return known.facts if known is not None else None


def known_of(pseudonym: str, **beside: Subquery) -> Known | None:
    """Return what is known of an active reference, by one statement; None where there is no such one.

    `beside` are further columns that it is asked for.
    """
    rows = _active().filter(pseudonym=pseudonym)
    found = list(rows.values(*_FACTS, "quality", "moments__pk", "moments__quality", **beside))
    if not found:
        return None
    first = found[0]
    further = {row["moments__pk"]: row["moments__quality"] for row in found if row["moments__pk"] is not None}
    return Known(
        Facts(*(first[name] for name in _FACTS)),
        {pseudonym: first["quality"], **further},
        {name: first[name] for name in beside},
    )


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
    """Whether an active reference opens for that device of its person.

    There is a share of the server's for it, or one that goes with no device's, where the server opens alone.
    """
    wraps = DeviceWrap.objects.filter(reference__in=_active(), reference_id=pseudonym)
    return wraps.filter(device__in=[device, NO_DEVICE]).exists()


def revoked_references() -> QuerySet[Reference, str]:
    """Return the pseudonyms of the erased references of the tenant in scope."""
    return Reference.objects.filter(status=Reference.Status.REVOKED).values_list("pseudonym", flat=True)


def active_with_own_key() -> list[str]:
    """Return the pseudonyms of the tenant's active references that open with a key of their own alone."""
    return list(_active().filter(wraps__under_key=True).values_list("pseudonym", flat=True).distinct())


@transaction.atomic
def forget_device(*, device: str) -> int:
    """Remove every wrap of a revoked device, and return how many; what it keeps itself opens no more."""
    Bundle.objects.filter(device=device).delete()
    return DeviceWrap.objects.filter(device=device).delete()[0]


@transaction.atomic
def revoke_reference(*, pseudonym: str, reason: str) -> None:
    """Erase a reference for good: wraps, template and moments go, a tombstone without biometric data stays.

    Its key is destroyed by the next worker that looks, and with it every copy in logs, in backups and with
    phones.
    """
    due.lock_reference(pseudonym)
    Bundle.objects.filter(reference_id=pseudonym).delete()
    DeviceWrap.objects.filter(reference_id=pseudonym).delete()
    _drop(Moment.objects.filter(reference_id=pseudonym))
    _empty(pseudonym)
    changed = _active().filter(pseudonym=pseudonym).update(status=Reference.Status.REVOKED)
    if changed:
        DueErasure.objects.get_or_create(pseudonym=pseudonym, defaults={"tenant": current_tenant_id()})
        record(Tag.REFERENCE_REVOKED, reference=pseudonym, reason=reason)


def qualities_of(pseudonym: str) -> dict[str, int]:
    """Return the quality of each moment of an active reference, as `known_of` does."""
    known = known_of(pseudonym)
    return known.qualities if known is not None else {}


@transaction.atomic
def drop_moments(*, pseudonym: str, moments: Collection[str]) -> None:
    """Erase moments of a reference; the pseudonym stands for its own template, and the others stay."""
    if not moments:
        return
    due.lock_reference(pseudonym)
    Bundle.objects.filter(reference_id=pseudonym, moment__in=moments).delete()
    _drop(Moment.objects.filter(reference_id=pseudonym, pk__in=moments))
    if pseudonym in moments:
        _empty(pseudonym)
    record(Tag.MOMENTS_DROPPED, reference=pseudonym, count=len(moments))


def _drop(moments: QuerySet[Moment]) -> None:
    """Delete moments, and what the object store has of them."""
    due.delete(moments.exclude(object_name="").values_list("object_name", flat=True))
    moments.delete()


def _empty(pseudonym: str) -> None:
    """Take away what is kept of an active reference's own template, here and in the object store."""
    rows = _active().filter(pseudonym=pseudonym)
    due.delete(rows.exclude(object_name="").values_list("object_name", flat=True))
    rows.update(sealed_template=b"", object_name="")


def _active() -> QuerySet[Reference]:
    return Reference.objects.filter(status=Reference.Status.ACTIVE)
