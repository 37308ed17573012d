"""What any process may do to references: find, revoke and forget them; no key is needed for it."""

from django.db import transaction
from django.db.models import QuerySet

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.vault.models import DeviceWrap, Reference


def model_of(pseudonym: str) -> str | None:
    """Return the letter of an active reference's application model, or None where there is no such one."""
    active = Reference.objects.filter(pseudonym=pseudonym, status=Reference.Status.ACTIVE)
    return active.values_list("model", flat=True).first()


def revoked_references() -> QuerySet[Reference, str]:
    """Return the pseudonyms of the erased references of the tenant in scope."""
    return Reference.objects.filter(status=Reference.Status.REVOKED).values_list("pseudonym", flat=True)


@transaction.atomic
def forget_device(*, device: str) -> int:
    """Remove every wrap of a revoked device, and return how many."""
    return DeviceWrap.objects.filter(device=device).delete()[0]


@transaction.atomic
def revoke_reference(*, pseudonym: str, reason: str) -> None:
    """Erase a reference for good: its wraps and its template go, a tombstone without biometric data stays."""
    DeviceWrap.objects.filter(reference_id=pseudonym).delete()
    changed = Reference.objects.filter(pseudonym=pseudonym, status=Reference.Status.ACTIVE).update(
        status=Reference.Status.REVOKED, sealed_template=b""
    )
    if changed:
        record(Tag.REFERENCE_REVOKED, reference=pseudonym, reason=reason)
