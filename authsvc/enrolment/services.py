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
from authsvc.enrolment.models import EnrolmentLink
from authsvc.privacy.consent import give_consent
from authsvc.privacy.notice import current_notice
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.paths import tenant_address
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import EnrolmentRequest
from authsvc.transactions.services import bound_device, consume, find_begun, open_transaction

LINK_LIFE = timedelta(days=7)
_NO_LINK = _("This link is not known here. Open the whole link as you got it, or ask for a new one.")
_OVER = {
    "used": _("This link was used already. If it was you, everything is set up."),
    "revoked": _("This link was withdrawn. Please ask for a new one."),
    "expired": _("This link was valid for seven days, and they are over. Please ask for a new one."),
}
_CLOSED = _("This account is closed.")
_LINK_REFUSED = str(Tag.ENROLMENT_LINK_REFUSED)
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@database.atomic
def create_link(*, subject: Subject, created_by: str) -> tuple[EnrolmentLink, str]:
    """Return a new link of seven days and its URL, which is shown once: only a hash of its token is kept."""
    token = new_secret()
    link = EnrolmentLink.objects.create(
        subject=subject, digest=secret_hash(token), created_by=created_by, expires_at=now() + LINK_LIFE
    )
    record(Tag.ENROLMENT_LINK_CREATED, actor=created_by, subject=str(subject.id), link=link.id)
    # No route: the portal makes links, and has none of the pages that they lead to.
    return link, f"{tenant_address(link.tenant)}enrol/{token}/"


@database.atomic
def revoke_link(*, link: EnrolmentLink, revoked_by: str) -> None:
    """End a link that is still open."""
    changed = EnrolmentLink.objects.filter(pk=link.pk, used_at=None, revoked_at=None).update(revoked_at=now())
    if changed:
        record(Tag.ENROLMENT_LINK_REVOKED, actor=revoked_by, subject=str(link.subject_id), link=link.id)


def find_link(token: str) -> EnrolmentLink:
    """Return the open link of a token.

    Raises Refused for an unknown one (404), and for a used, revoked or expired one (410), each in words of
    its own: who holds the token was sent it, and has to know what to do next.
    """
    link = EnrolmentLink.objects.select_related("subject", "tenant").filter(digest=secret_hash(token)).first()
    return _open_link(link)


def _open_link(link: EnrolmentLink | None) -> EnrolmentLink:
    if link is None:
        raise Refused(
            "unknown-link", _NO_LINK, detail="no such link in this tenant", status=404, tag=_LINK_REFUSED
        )
    if link.subject.status == Subject.Status.CLOSED:
        said = f"link {link.id} of a closed account"
        raise Refused("account-closed", _CLOSED, detail=said, status=410, tag=_LINK_REFUSED)
    if link.state != "open":
        raise _over(link)
    return link


def _over(link: EnrolmentLink) -> Refused:
    said = f"link {link.id}"
    return Refused(f"link-{link.state}", _OVER[link.state], detail=said, status=410, tag=_LINK_REFUSED)


def show_notice(link: EnrolmentLink) -> dict[str, str]:
    """Return the notice with its version, as the person is shown it now, and record that it was shown."""
    notice = current_notice(link.tenant)
    record(Tag.NOTICE_SHOWN, subject=str(link.subject_id), notice=notice.version)
    return {**notice.content, "version": notice.version}


@database.atomic
def agree(
    *, link: EnrolmentLink, notice_version: str, browser_key: str, held: Mapping[str, str] = _NOTHING
) -> Transaction:
    """Store the person's consent and open the enrolment; raises Refused where the notice has changed.

    `held` are the keys that the browser holds of transactions that it began (capture/browser.py).
    """
    give_consent(subject=link.subject, notice_version=notice_version)
    return _open(link, browser_key, held, face=True)


def decline(*, link: EnrolmentLink, browser_key: str, held: Mapping[str, str] = _NOTHING) -> Transaction:
    """Open an enrolment of a passkey alone: no consent, no camera, no disadvantage (S10-01)."""
    return _open(link, browser_key, held, face=False)


def _open(link: EnrolmentLink, browser_key: str, held: Mapping[str, str], *, face: bool) -> Transaction:
    """Go on with what this browser has begun from the link, so that no second passkey is made, or begin."""
    asked = EnrolmentRequest(link=link.id, face=face)
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
    return _open(link_of(transaction), browser_key, held, face=asked.face)


@database.atomic
def finish_enrolment(*, transaction_id: str, browser_key: str | None, at: str) -> Transaction:
    """Consume a decided enrolment at its path, use its link up, and let the person in with the new passkey.

    Raises Refused where there is no result, or where another enrolment used the same link first.
    """
    transaction = consume(transaction_id, browser_key, at=at)
    assert transaction.subject is not None
    asked = EnrolmentRequest.from_json(transaction.request)
    used = EnrolmentLink.objects.filter(
        pk=asked.link, used_at=None, revoked_at=None, expires_at__gt=now()
    ).update(used_at=now())
    if not used:
        raise _over(link_of(transaction))
    Subject.objects.filter(pk=transaction.subject.pk).update(status=Subject.Status.ACTIVE)
    Device.objects.filter(pk=transaction.device_id).update(status=Device.Status.ACTIVE)
    record(
        Tag.ENROLMENT_LINK_USED,
        transaction=transaction.id,
        subject=str(transaction.subject_id),
        link=asked.link,
        face=transaction.evidence.face is not None,
    )
    return transaction


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
    """Consume a decided binding and let the new passkey in; raises Refused where there is no result."""
    transaction = consume(transaction_id, browser_key, at=at)
    device = bound_device(transaction)
    if device is None:
        raise Refused("not-bound", _("Please start again."), detail="no new passkey was made", status=409)
    device.status = Device.Status.ACTIVE
    device.save(update_fields=["status"])
    return device
