"""People: inviting and closing them, their enrolment links and passkeys, and what is known of one."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.errors import Refused
from authsvc.devices.models import Device
from authsvc.enrolment import recovery
from authsvc.enrolment import services as links
from authsvc.enrolment.models import EnrolmentLink
from authsvc.management.acting import act
from authsvc.management.actors import Actor
from authsvc.management.attempts.outcome import with_outcome
from authsvc.management.faces import erase
from authsvc.management.receipts import new_receipt
from authsvc.oidc.sessions.logout.ending import end_everything_of
from authsvc.privacy.consent import live_consent, withdraw_consent
from authsvc.privacy.models import ConsentReceipt, Need
from authsvc.privacy.needs import forget_needs, need_of
from authsvc.subjects.models import Subject
from authsvc.transactions.models import AttemptCounter, Transaction
from authsvc.transactions.services import end_running
from authsvc.vault.lifecycle import forget_device, opens_for

_RECENT = 10


class PersonClosed(Refused):
    """The person was closed, and nothing more is done for them."""

    def __init__(self) -> None:
        super().__init__("person-closed", _("This person is closed."), status=409)


@dataclass(frozen=True)
class File:
    """What is known of a person; the newest link, consent and attempt first."""

    devices: list[Device]
    consents: list[ConsentReceipt]
    live_consent: ConsentReceipt | None
    still_light: Need | None
    links: list[EnrolmentLink]
    counter: AttemptCounter | None
    attempts: list[Transaction]


@act
def invite(
    *, by: Actor, name: str, external_id: str, email: str, by_mail: bool = False
) -> tuple[Subject, str]:
    """Create a person with a first enrolment link, and return both; the link's URL is shown this once.

    `by_mail` sends it to them instead, and the URL is empty. Raises IntegrityError where another person has
    the same number, and CannotMail.
    """
    claims = {"name": name, **({"email": email, "email_verified": False} if email else {})}
    subject = Subject.objects.create(name=name, external_id=external_id, claims=claims)
    record(Tag.SUBJECT_CREATED, actor=by.name, subject=str(subject.id))
    return subject, links.create_link(subject=subject, created_by=by.name, by_mail=by_mail)[1]


@act
def create_link(*, by: Actor, subject: Subject, by_mail: bool = False) -> str:
    """Return the URL of a new enrolment link, shown this once; raises PersonClosed.

    `by_mail` sends it to the person instead, and the URL is empty; raises CannotMail.
    """
    return links.create_link(subject=open_person(subject), created_by=by.name, by_mail=by_mail)[1]


@act
def revoke_link(*, by: Actor, link: EnrolmentLink) -> None:
    """End an enrolment link that is still open."""
    links.revoke_link(link=link, revoked_by=by.name)


@act
def revoke_device(*, by: Actor, device: Device) -> str:
    """End a passkey with its sessions, its tokens and its share of the reference.

    Return the receipt number, "" where it had ended. With a person's last passkey, and with the last one that
    opens their reference, goes the reference, which nothing could open any more.
    """
    receipt, last = new_receipt(), takes_the_face(device)
    if not _revoke_device(device, by, receipt=receipt):
        return ""
    if last:
        erase(device.subject, actor=by.name, reason="no-passkey", receipt=receipt)
    return receipt


def takes_the_face(device: Device) -> bool:
    """Whether nothing could open the person's reference any more without this passkey."""
    reference = device.subject.reference
    others = Device.objects.filter(subject=device.subject, status=Device.Status.ACTIVE).exclude(pk=device.pk)
    others_open = any(opens_for(reference, device=other.pk) for other in others)
    return not others.exists() or (opens_for(reference, device=device.pk) and not others_open)


@act
def rename_device(*, by: Actor, device: Device, name: str) -> None:
    """Give a passkey another name."""
    Device.objects.filter(pk=device.pk).update(name=name)
    record(Tag.DEVICE_RENAMED, actor=by.name, subject=str(device.subject_id), device=device.pk)


@act
def make_recovery_codes(*, by: Actor, subject: Subject) -> list[str]:
    """Return a person's new recovery codes, shown this once; those from before end. Raises PersonClosed."""
    return recovery.make_codes_anew(subject=open_person(subject), actor=by.name)


@act
def close(*, by: Actor, subject: Subject) -> bool:
    """End everything of a person: links, passkeys, consent, and the reference; False if it had ended."""
    end_running(subject)
    try:
        current = open_person(subject)
    except PersonClosed:
        return False
    for link in EnrolmentLink.objects.filter(subject=current, used_at=None, revoked_at=None):
        links.revoke_link(link=link, revoked_by=by.name)
    for device in Device.objects.filter(subject=current, status=Device.Status.ACTIVE):
        _revoke_device(device, by)
    recovery.forget_codes(current)
    forget_needs(current)
    end_everything_of(subject=current, reason="person-closed")
    withdraw_consent(current, actor=by.name)
    erase(current, actor=by.name, reason="person-closed")
    current.status = Subject.Status.CLOSED
    current.save(update_fields=["status"])
    record(Tag.SUBJECT_CLOSED, actor=by.name, subject=str(current.pk))
    return True


def file_of(subject: Subject) -> File:
    """Return what is known of a person."""
    consents = ConsentReceipt.objects.filter(subject=subject).defer("notice")
    recent = Transaction.objects.filter(subject=subject).select_related("client")
    return File(
        devices=list(subject.devices.order_by("-created_at")),
        consents=list(consents.order_by("-given_at")),
        live_consent=live_consent(subject),
        still_light=need_of(subject, Need.Kind.NO_LIGHT),
        links=list(EnrolmentLink.objects.filter(subject=subject).order_by("-created_at")[:_RECENT]),
        counter=AttemptCounter.objects.filter(subject=subject).first(),
        attempts=list(with_outcome(recent).order_by("-created_at", "-id")[:_RECENT]),
    )


def open_person(subject: Subject) -> Subject:
    """Return the person's row, locked until the act is done; raises PersonClosed."""
    current = Subject.objects.select_for_update(no_key=True).get(pk=subject.pk)
    if current.status == Subject.Status.CLOSED:
        raise PersonClosed
    return current


def _revoke_device(device: Device, by: Actor, *, receipt: str = "") -> bool:
    changed = Device.objects.filter(pk=device.pk, status=Device.Status.ACTIVE).update(
        status=Device.Status.REVOKED
    )
    if not changed:
        return False
    forget_device(device=device.pk)
    end_everything_of(device=device, reason="device-revoked")
    record(
        Tag.DEVICE_REVOKED, actor=by.name, subject=str(device.subject_id), device=device.pk, receipt=receipt
    )
    return True
