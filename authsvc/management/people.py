"""People: inviting and closing them, their enrolment links and passkeys, and what is known of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from django.db.models import FilteredRelation, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.application_models import ApplicationModel
from authsvc.core.errors import Refused
from authsvc.devices.models import Device
from authsvc.enrolment import recovery
from authsvc.enrolment import services as links
from authsvc.enrolment.models import EnrolmentLink
from authsvc.management.acting import act
from authsvc.management.actors import Actor
from authsvc.management.attempts.outcome import listed_of
from authsvc.management.faces import Face, erase, face_of
from authsvc.management.receipts import new_receipt
from authsvc.oidc.sessions.logout.ending import end_everything_of
from authsvc.privacy.consent import held_of, withdraw_consent
from authsvc.privacy.models import ConsentReceipt, Dispute, Need
from authsvc.privacy.needs import forget_needs
from authsvc.reach import subscriptions
from authsvc.seals.rows import SealedRow, believed
from authsvc.self_enrolment.models import Arrival
from authsvc.self_enrolment.services import forget_arrivals, origin_of
from authsvc.subjects.amending import (
    amend,
    as_wanted,
    forget_amendment,
    is_suspended,
    take_over,
    waiting,
)
from authsvc.subjects.models import Amendment, Subject
from authsvc.tenancy.quotas import PEOPLE, require_room
from authsvc.transactions.models import AttemptCounter, Transaction
from authsvc.transactions.services import end_running, model_agreed_to
from authsvc.vault.lifecycle import forget_device, opens_for

Row = TypeVar("Row", bound=SealedRow)
_RECENT = 10
_SINGLE: Final[Sequence[str]] = ("amendment", "face_attempts", "still_light", "still_head")
CLAIMS: Final = ("given_name", "family_name", "phone_number", "locale")
"""What else of a person is changed at their page; relying parties with the scope for it are told."""


class PersonClosed(Refused):
    """The person was closed, and nothing more is done for them."""

    def __init__(self) -> None:
        super().__init__("person-closed", _("This person is closed."), status=409)


@dataclass(frozen=True)
class File:
    """What is known of a person; the newest link, consent and attempt first.

    `amendment` is what waits to be taken over. `model` is the application model by which their captures are
    judged, None where there are none.
    """

    person: Subject
    amendment: Amendment | None
    devices: list[Device]
    consents: list[ConsentReceipt]
    live_consent: ConsentReceipt | None
    face: Face | None
    model: ApplicationModel | None
    still_light: Need | None
    still_head: Need | None
    links: list[EnrolmentLink]
    counter: AttemptCounter | None
    attempts: list[Transaction]
    arrivals: list[Arrival]
    """From which providers of the organisation's own they came."""


@act
def invite(
    *, by: Actor, name: str, external_id: str, email: str, by_mail: bool = False
) -> tuple[Subject, str]:
    """Create a person with a first enrolment link, and return both; the link's URL is shown this once.

    `by_mail` sends it to them instead, and the URL is empty. Raises IntegrityError where another person has
    the same number, CannotMail, and QuotaReached.
    """
    claims = {"name": name, **({"email": email, "email_verified": False} if email else {})}
    return enter(actor=by.name, name=name, external_id=external_id, claims=claims, by_mail=by_mail)


def enter(
    *, actor: str, name: str, external_id: str, claims: dict[str, Any], by_mail: bool
) -> tuple[Subject, str]:
    """Do what `invite` does, for an act that has asked who may; call inside a database transaction."""
    require_room(PEOPLE, Subject.objects.unchecked().exclude(status=Subject.Status.CLOSED))
    subject = Subject.objects.create(name=name, external_id=external_id, claims=claims)
    record(Tag.SUBJECT_CREATED, actor=actor, subject=str(subject.id))
    return subject, links.create_link(subject=subject, created_by=actor, by_mail=by_mail)[1]


@act
def create_link(*, by: Actor, subject: Subject, by_mail: bool = False, at_desk: bool = False) -> str:
    """Return the URL of a new enrolment link, shown this once; raises PersonClosed.

    `by_mail` sends it to the person instead, and the URL is empty; raises CannotMail. `at_desk` makes it one
    of five minutes, for a person who is here.
    """
    person = open_person(subject)
    return links.create_link(subject=person, created_by=by.name, by_mail=by_mail, at_desk=at_desk)[1]


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
def change(
    *, by: Actor, subject: Subject, name: str, external_id: str, email: str, claims: dict[str, str]
) -> bool:
    """Change what is known of a person, and return whether it is so at once, or in seconds.

    `claims` are further standard claims by their names, "" for none; of others, which no screen shows,
    nothing changes. An address that is another one counts as not verified. Raises PersonClosed, and
    IntegrityError where another person has the number.
    """
    current = as_wanted(open_person(subject))
    kept = {key: value for key, value in current.claims.items() if key not in {*CLAIMS, "name", "email"}}
    if email != current.claims.get("email", ""):
        kept["email_verified"] = False
    given = {key: value for key, value in {**claims, "email": email}.items() if value}
    if not email:
        kept.pop("email_verified", None)
    said = {**kept, **given, "name": name}
    wanted: dict[str, Any] = {"name": name, "external_id": external_id, "claims": said}
    changed = sorted(key for key, value in wanted.items() if getattr(current, key) != value)
    if not changed:
        return True
    record(Tag.SUBJECT_CHANGED, actor=by.name, subject=str(current.pk), changed=changed)
    return amend(open_person(subject), **wanted)


@act
def suspend(*, by: Actor, subject: Subject, why: str) -> bool:
    """Let a person sign in no more for the time being; all of theirs stays. False if it was so already.

    Raises PersonClosed.
    """
    # Before the person's row is locked, as in faces.withdraw.
    end_running(subject)
    current = open_person(subject)
    if is_suspended(current):
        return False
    amend(current, status=Subject.Status.SUSPENDED)
    end_everything_of(subject=current, reason="person-suspended")
    record(Tag.SUBJECT_SUSPENDED, actor=by.name, subject=str(current.pk), why=why)
    return True


@act
def resume(*, by: Actor, subject: Subject) -> bool:
    """Let a person who was suspended sign in again; False if they could. Raises PersonClosed."""
    current = open_person(subject)
    if not is_suspended(current):
        return False
    passkeys = Device.objects.filter(subject=current, status=Device.Status.ACTIVE)
    amend(current, status=Subject.Status.ACTIVE if passkeys.exists() else Subject.Status.INVITED)
    record(Tag.SUBJECT_RESUMED, actor=by.name, subject=str(current.pk))
    return True


def take_over_all() -> None:
    """Change the people of the tenant in scope of whom something waits; the scheduled work's part."""
    for pk in waiting():
        changed = take_over(pk)
        if changed is not None and changed.status == Subject.Status.SUSPENDED:
            # What began between the act and now.
            end_running(changed)
            end_everything_of(subject=changed, reason="person-suspended")


@act
def close(*, by: Actor, subject: Subject) -> str:
    """Erase a person: links, passkeys, consent, reference, name, number and claims.

    Return the receipt number, "" where it had been done.
    """
    end_running(subject)
    try:
        current = open_person(subject)
    except PersonClosed:
        return ""
    receipt, reference = new_receipt(), current.reference
    open_links = EnrolmentLink.objects.filter(subject=current, used_at=None, revoked_at=None)
    ended: dict[str, Any] = {"links": 0, "passkeys": 0}
    for link in open_links:
        links.revoke_link(link=link, revoked_by=by.name)
        ended["links"] += 1
    for device in Device.objects.filter(subject=current, status=Device.Status.ACTIVE):
        ended["passkeys"] += _revoke_device(device, by, receipt=receipt)
    recovery.forget_codes(current)
    forget_arrivals(current)
    forget_needs(current)
    subscriptions.forget_person(current)
    ended["sessions"] = end_everything_of(subject=current, reason="person-closed")
    ended["consents"] = int(withdraw_consent(current, actor=by.name, receipt=receipt))
    erase(current, actor=by.name, reason="person-closed", receipt=receipt)
    forget_amendment(current)
    Dispute.objects.filter(subject=current).delete()
    current.status, current.name, current.external_id, current.claims = Subject.Status.CLOSED, "", "", {}
    current.save(update_fields=["status", "name", "external_id", "claims"])
    current.keep_words()
    record(
        Tag.SUBJECT_CLOSED,
        actor=by.name,
        subject=str(current.pk),
        receipt=receipt,
        reference=reference,
        **ended,
    )
    return receipt


def file_of(pk: Any) -> File:
    """Return what is known of a person, by a statement for each kind of it; raises Subject.DoesNotExist."""
    subject = _with_single_rows().get(pk=pk)
    consents = list(ConsentReceipt.objects.filter(subject=subject).order_by("-given_at"))
    held, face = held_of(consents), face_of(subject)
    return File(
        person=subject,
        amendment=_believed(getattr(subject, "amendment", None)),
        devices=list(subject.devices.order_by("-created_at")),
        consents=consents,
        live_consent=held,
        face=face,
        model=(face.model if face else None) if subject.has_face else model_agreed_to(held),
        still_light=_believed(getattr(subject, "still_light", None)),
        still_head=_believed(getattr(subject, "still_head", None)),
        links=list(EnrolmentLink.objects.filter(subject=subject).order_by("-created_at")[:_RECENT]),
        counter=getattr(subject, "face_attempts", None),
        attempts=list(listed_of(subject, "stored_evidence").order_by("-created_at", "-id")[:_RECENT]),
        arrivals=origin_of(subject),
    )


def _with_single_rows() -> QuerySet[Subject]:
    """Return people, each with those rows of which they have one at most, by one statement."""
    rows = Subject.objects.annotate(
        still_light=FilteredRelation("needs", condition=Q(needs__kind=Need.Kind.NO_LIGHT)),
        still_head=FilteredRelation("needs", condition=Q(needs__kind=Need.Kind.NO_TURN)),
    )
    return rows.select_related(*_SINGLE)


def _believed(row: Row | None) -> Row | None:
    """Return a sealed row that was read together with another, where it is believed."""
    return row if row is not None and believed(row) else None


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
    subscriptions.forget_device(device, actor=by.name)
    end_everything_of(device=device, reason="device-revoked")
    record(
        Tag.DEVICE_REVOKED, actor=by.name, subject=str(device.subject_id), device=device.pk, receipt=receipt
    )
    return True
