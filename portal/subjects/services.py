"""What an administrator does with people; each change stands or falls with its audit row."""

from django.db import transaction

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.devices.models import Device
from authsvc.enrolment.models import EnrolmentLink
from authsvc.enrolment.services import revoke_link
from authsvc.oidc.sessions.logout.ending import end_everything_of
from authsvc.privacy.consent import withdraw_consent
from authsvc.subjects.models import Subject
from authsvc.vault.services import forget_device, revoke_reference


@transaction.atomic
def create_person(*, name: str, external_id: str, email: str, actor: str) -> Subject:
    """Create a person, who signs in only after following an enrolment link.

    Raises IntegrityError where another person has the same number.
    """
    claims = {"name": name, **({"email": email, "email_verified": False} if email else {})}
    subject = Subject.objects.create(name=name, external_id=external_id, claims=claims)
    record(Tag.SUBJECT_CREATED, actor=actor, subject=str(subject.id))
    return subject


@transaction.atomic
def revoke_device(*, device: Device, actor: str) -> bool:
    """End a passkey with its sessions, its tokens and its share of the reference; False if it had ended."""
    changed = Device.objects.filter(pk=device.pk, status=Device.Status.ACTIVE).update(
        status=Device.Status.REVOKED
    )
    if not changed:
        return False
    forget_device(device=device.pk)
    end_everything_of(device=device, reason="device-revoked")
    record(Tag.DEVICE_REVOKED, actor=actor, subject=str(device.subject_id), device=device.pk)
    return True


@transaction.atomic
def close_person(*, subject: Subject, actor: str) -> bool:
    """End everything of a person: links, passkeys, consent, and the reference; False if it had ended."""
    current = Subject.objects.select_for_update(no_key=True).get(pk=subject.pk)
    if current.status == Subject.Status.CLOSED:
        return False
    for link in EnrolmentLink.objects.filter(subject=current, used_at=None, revoked_at=None):
        revoke_link(link=link, revoked_by=actor)
    for device in Device.objects.filter(subject=current, status=Device.Status.ACTIVE):
        revoke_device(device=device, actor=actor)
    end_everything_of(subject=current, reason="person-closed")
    withdraw_consent(current)
    if current.has_face:
        revoke_reference(pseudonym=current.reference, reason="person-closed")
    current.status, current.reference = Subject.Status.CLOSED, ""
    current.save(update_fields=["status", "reference"])
    record(Tag.SUBJECT_CLOSED, actor=actor, subject=str(current.pk))
    return True
