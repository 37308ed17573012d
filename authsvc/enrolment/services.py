"""Enrolment links: made, found, followed to a transaction, and used up with its result."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from django.db import transaction as database
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.ids import new_secret, secret_hash
from authsvc.devices.models import Device
from authsvc.enrolment.finishing import undone_where_refused
from authsvc.enrolment.models import DESK_LINK_LIFE, EnrolmentLink
from authsvc.enrolment.notices import send_link, tell_of_passkey
from authsvc.enrolment.recovery import forget_codes, make_codes
from authsvc.hosts.places import tenant_address
from authsvc.limits.register import ENROLMENT_LINK
from authsvc.privacy.consent import give_consent, live_consent
from authsvc.privacy.notice import Purpose, current_notice
from authsvc.subjects.amending import PersonSuspended, is_suspended
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import EnrolmentRequest
from authsvc.transactions.services import (
    attach_reference,
    bound_device,
    consume,
    drop_reference,
    face_is_needed,
    face_needed,
    find_begun,
    open_transaction,
)

LINK_LIFE = timedelta(hours=24)
_NO_LINK = _("This link is not known here. Open the whole link as you got it, or ask for a new one.")
_OVER = {
    "used": _("This link was used already. If it was you, everything is set up."),
    "revoked": _("This link was withdrawn. Please ask for a new one."),
    "expired": _("The time of this link is over. Please ask for a new one."),
}
_CLOSED = _("This account is closed.")
_LINK_REFUSED = str(Tag.ENROLMENT_LINK_REFUSED)
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@database.atomic
def create_link(
    *,
    subject: Subject,
    created_by: str,
    by_mail: bool = False,
    at_desk: bool = False,
    life: timedelta = LINK_LIFE,
) -> tuple[EnrolmentLink, str]:
    """Return a new link, of 24 hours where nothing else is said, and its URL.

    It is shown once: only a hash of its token is kept. `at_desk` makes it one of five minutes, for a person
    who is here. It is the person's only open one: an older one is revoked. `by_mail` sends it to the person
    instead, and the URL returned is empty; raises
    CannotMail, and then no link was made.
    """
    for older in _open_links(subject):
        revoke_link(link=older, revoked_by=created_by)
    token = new_secret()
    expires_at = now() + (DESK_LINK_LIFE if at_desk else life)
    link = EnrolmentLink.objects.create(
        subject=subject, digest=secret_hash(token), created_by=created_by, expires_at=expires_at
    )
    record(
        Tag.ENROLMENT_LINK_CREATED, actor=created_by, subject=str(subject.id), link=link.id, by_mail=by_mail
    )
    # No route: the portal makes links, and has none of the pages that they lead to.
    url = f"{tenant_address(link.tenant)}enrol/{token}/"
    if not by_mail:
        return link, url
    send_link(subject, url)
    return link, ""


def is_in_use(subject: Subject) -> bool:
    """Whether a person can sign in already, or could: whoever followed a link could do so as them (T13)."""
    if subject.status == Subject.Status.CLOSED:
        return False
    in_use = subject.status in (Subject.Status.ACTIVE, Subject.Status.SUSPENDED) or subject.has_face
    return in_use or Device.objects.filter(subject=subject, status=Device.Status.ACTIVE).exists()


def _open_links(subject: Subject) -> list[EnrolmentLink]:
    """Return the person's links that were neither used nor revoked; the person's row is locked from here."""
    Subject.objects.select_for_update(no_key=True).get(pk=subject.pk)
    return list(EnrolmentLink.objects.filter(subject=subject, used_at=None, revoked_at=None))


@database.atomic
def revoke_link(*, link: EnrolmentLink, revoked_by: str) -> None:
    """End a link that is still open."""
    changed = EnrolmentLink.objects.filter(pk=link.pk, used_at=None, revoked_at=None).update(revoked_at=now())
    if changed:
        record(Tag.ENROLMENT_LINK_REVOKED, actor=revoked_by, subject=str(link.subject_id), link=link.id)


def find_link(token: str) -> EnrolmentLink:
    """Return the open link of a token.

    Raises Refused for an unknown one (404), and for a used, revoked or expired one (410), each in words of
    its own: who holds the token was sent it, and has to know what to do next. TooMany for one that is
    followed too often.
    """
    link = EnrolmentLink.objects.select_related("subject", "tenant").filter(digest=secret_hash(token)).first()
    found = _open_link(link)
    ENROLMENT_LINK.spend(found.pk)
    return found


def _open_link(link: EnrolmentLink | None) -> EnrolmentLink:
    if link is None:
        raise Refused(
            "unknown-link", _NO_LINK, detail="no such link in this tenant", status=404, tag=_LINK_REFUSED
        )
    if link.subject.status == Subject.Status.CLOSED:
        raise Refused(
            "account-closed", _CLOSED, detail=f"link {link.id}, closed", status=410, tag=_LINK_REFUSED
        )
    if is_suspended(link.subject):
        raise PersonSuspended(link.subject, tag=_LINK_REFUSED)
    if link.state != "open":
        raise _over(link)
    return link


def _over(link: EnrolmentLink) -> Refused:
    said = f"link {link.id}"
    return Refused(f"link-{link.state}", _OVER[link.state], detail=said, status=410, tag=_LINK_REFUSED)


def show_notice(link: EnrolmentLink) -> dict[str, str | int]:
    """Return the notice as it is shown now, with version, least age and purpose; record that it was shown."""
    notice = current_notice(link.tenant)
    record(Tag.NOTICE_SHOWN, subject=str(link.subject_id), notice=notice.version)
    named = {**notice.content, "version": notice.version, "purpose": str(notice.purpose)}
    return {**named, "least_age": notice.least_age}


@database.atomic
def agree(
    *, link: EnrolmentLink, notice_version: str, browser_key: str, held: Mapping[str, str] = _NOTHING
) -> Transaction:
    """Store the person's consent and open the enrolment; raises Refused where the notice has changed.

    What they agreed to is frozen: an enrolment that keeps nothing of a face stays without a camera. `held`
    are the keys that the browser holds of transactions that it began (capture/browser.py).
    """
    agreed = give_consent(subject=link.subject, notice_version=notice_version)
    face = agreed.purpose == Purpose.FACE
    asked = EnrolmentRequest(link=link.id, face=face, presence=not face)
    return _open(link, browser_key, held, asked)


def decline(*, link: EnrolmentLink, browser_key: str, held: Mapping[str, str] = _NOTHING) -> Transaction:
    """Open an enrolment of a passkey alone: no consent, no camera, no disadvantage (S10-01)."""
    return _open(link, browser_key, held, EnrolmentRequest(link=link.id, face=False))


def _open(
    link: EnrolmentLink, browser_key: str, held: Mapping[str, str], asked: EnrolmentRequest
) -> Transaction:
    """Go on with what this browser has begun from the link, so that no second passkey is made, or begin."""
    begun = find_begun(kind=Transaction.Kind.ENROL, held=held, request=asked)
    if begun is not None:
        return begun
    finish = reverse("enrolment:finish", kwargs={"tenant": link.tenant.slug, "txn": "{id}"})
    return open_transaction(
        kind=Transaction.Kind.ENROL,
        browser_key=browser_key,
        continue_path=finish.replace("%7Bid%7D", "{id}"),
        subject=link.subject,
        request=asked,
    )


def link_of(transaction: Transaction) -> EnrolmentLink:
    """Return the open link that an enrolment came from; raises Refused like `find_link`."""
    asked = EnrolmentRequest.from_json(transaction.request)
    link = EnrolmentLink.objects.select_related("subject", "tenant").filter(pk=asked.link).first()
    return _open_link(link)


def begin_again(*, transaction: Transaction, browser_key: str, held: Mapping[str, str]) -> Transaction:
    """Open the enrolment anew after one that was left, with the choice that was made then; raises Refused."""
    asked = EnrolmentRequest.from_json(transaction.request)
    return _open(link_of(transaction), browser_key, held, asked)


def finish_enrolment(
    *, transaction_id: str, browser_key: str | None, at: str
) -> tuple[Transaction, list[str]]:
    """Consume a decided enrolment at its path, use its link up, and only now let it take effect.

    Return it, and the person's recovery codes, which are shown this once; older ones open nothing any more.
    There are none where a phone made the passkey: what the desk shows is not for the person alone.
    Raises Refused where there is no result; and where the link was used, withdrawn or over meanwhile, or the
    person's consent is: then nothing of the person's has changed, and what this enrolment made is destroyed.
    """
    with undone_where_refused(Transaction.Kind.ENROL, transaction_id, browser_key):
        return _finish(transaction_id, browser_key, at)


@database.atomic
def _finish(transaction_id: str, browser_key: str | None, at: str) -> tuple[Transaction, list[str]]:
    transaction = consume(transaction_id, browser_key, at=at)
    link = _locked_link(transaction)
    _require_consent(transaction, link.subject)
    link.used_at = now()
    link.save(update_fields=["used_at"])
    attach_reference(transaction, link.subject)
    if _agreed_to_presence(transaction):
        # Their face counts no more from here on, as they were told: what is not needed is not kept.
        drop_reference(link.subject, reason="replaced")
    if link.subject.status == Subject.Status.ACTIVE:
        tell_of_passkey(link.subject)
    Subject.objects.filter(pk=link.subject_id).update(status=Subject.Status.ACTIVE)
    made = Device.objects.filter(pk=transaction.device_id).exclude(status=Device.Status.REVOKED)
    # Who gave the link vouches for its holder, whatever the passkey came by.
    made.update(status=Device.Status.ACTIVE, recovered=False)
    record(
        Tag.ENROLMENT_LINK_USED,
        transaction=transaction.id,
        subject=str(transaction.subject_id),
        link=link.id,
        face=transaction.evidence.face is not None,
    )
    if transaction.handed_over:
        # At the desk they would be anybody's who looks at it: the person makes some at their own page.
        forget_codes(link.subject)
        return transaction, []
    by = f"person {link.subject_id}"
    return transaction, make_codes(subject=link.subject, actor=by, transaction=transaction.id)


def _locked_link(transaction: Transaction) -> EnrolmentLink:
    """Return the enrolment's link, still open, locked after its person; raises Refused like `find_link`."""
    assert transaction.subject_id is not None
    subject = Subject.objects.select_for_update(no_key=True).get(pk=transaction.subject_id)
    asked = EnrolmentRequest.from_json(transaction.request)
    links = EnrolmentLink.objects.select_for_update(no_key=True)
    link = links.filter(pk=asked.link, subject=subject).first()
    if link is not None:
        link.subject = subject
    return _open_link(link)


def _require_consent(transaction: Transaction, subject: Subject) -> None:
    missing = (transaction.evidence.face is not None and live_consent(subject, Purpose.FACE) is None) or (
        _agreed_to_presence(transaction) and live_consent(subject, Purpose.PRESENCE) is None
    )
    if missing:
        raise Refused(
            "no-consent", _("Please agree to the notice first."), detail="no live consent", status=403
        )


def _agreed_to_presence(transaction: Transaction) -> bool:
    return EnrolmentRequest.from_json(transaction.request).presence


def open_binding(*, tenant: Tenant, browser_key: str) -> Transaction:
    """Open the adding of a second passkey; who it is for is known once the first one is used."""
    finished = reverse("enrolment:passkey-added", kwargs={"tenant": tenant.slug, "txn": "{id}"})
    return open_transaction(
        kind=Transaction.Kind.BIND,
        browser_key=browser_key,
        continue_path=finished.replace("%7Bid%7D", "{id}"),
    )


@database.atomic
def finish_binding(*, transaction_id: str, browser_key: str | None, at: str) -> Device:
    """Consume a decided binding and let the new passkey in, which the person is told of.

    Raises Refused where there is no result, and where it rests on a passkey alone though there is a face.
    """
    transaction = consume(transaction_id, browser_key, at=at)
    device = bound_device(transaction)
    if device is None or device.status != Device.Status.PENDING:
        raise Refused("not-bound", _("Please start again."), detail="no new passkey was made", status=409)
    face = transaction.evidence.face is not None
    if not face and face_needed(transaction):
        raise face_is_needed()
    # What a recovery code opened makes nothing better than itself.
    device.recovered = transaction.device is None or transaction.device.recovered
    device.status = Device.Status.ACTIVE
    device.save(update_fields=["status", "recovered"])
    record(
        Tag.DEVICE_BOUND,
        transaction=transaction.id,
        subject=str(device.subject_id),
        device=device.id,
        by=transaction.device_id or "",
        face=face,
    )
    tell_of_passkey(device.subject)
    return device
