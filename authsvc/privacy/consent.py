"""Consent to face comparison: explicit, versioned, revocable, and never older than twelve months (S10-01)."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.privacy.models import ConsentReceipt
from authsvc.privacy.notice import CONSENT_MONTHS, current_notice
from authsvc.subjects.models import Subject

_LIFE = timedelta(days=30 * CONSENT_MONTHS)
# So long before a consent ends the person is asked anew, so that nobody loses a face that is in use.
RENEWED_BEFORE = timedelta(days=30)


class NoticeChanged(Refused):
    """The notice that somebody agrees to is not the current one any more."""


@transaction.atomic
def give_consent(*, subject: Subject, notice_version: str) -> ConsentReceipt:
    """Store that the person agreed to the notice that is current now, and return the receipt.

    Raises NoticeChanged where the version shown is not the current one: the person must read the new text.
    """
    notice = current_notice(subject.tenant)
    if notice.version != notice_version:
        raise NoticeChanged(
            "notice-changed",
            _("The text has changed since this page was opened. Please read it again."),
            detail=f"notice {notice_version!r} shown, {notice.version!r} current",
            status=409,
        )
    moment = now()
    receipt = ConsentReceipt.objects.create(
        subject=subject,
        notice_version=notice.version,
        notice=notice.content,
        given_at=moment,
        expires_at=moment + _LIFE,
    )
    record(Tag.CONSENT_GIVEN, subject=str(subject.id), receipt=receipt.id, notice=notice.version)
    return receipt


def live_consent(subject: Subject) -> ConsentReceipt | None:
    """Return the person's consent that holds now, or None."""
    return (
        ConsentReceipt.objects.filter(subject=subject, withdrawn_at=None, expires_at__gt=now())
        .order_by("-given_at")
        .first()
    )


def consenting() -> QuerySet[Subject]:
    """Return the people of the tenant in scope whose consent holds now."""
    live = ConsentReceipt.objects.filter(subject=OuterRef("pk"), withdrawn_at=None, expires_at__gt=now())
    return Subject.objects.filter(Exists(live))


def covers_capture(subject: Subject) -> bool:
    """Whether the person's consent is to the notice as it stands now, and holds for a while yet.

    Where it does not, the person is asked anew before the camera starts (S10-07).
    """
    consent = live_consent(subject)
    if consent is None or consent.expires_at <= now() + RENEWED_BEFORE:
        return False
    return consent.notice_version == current_notice(subject.tenant).version


@transaction.atomic
def withdraw_consent(subject: Subject, *, actor: str = "", receipt: str = "") -> int:
    """End every consent of the person, and return how many held; the caller erases what they covered.

    `receipt` is the receipt number under which the withdrawal is found.
    """
    held = ConsentReceipt.objects.filter(subject=subject, withdrawn_at=None, expires_at__gt=now())
    count = held.update(withdrawn_at=now())
    if count:
        record(Tag.CONSENT_WITHDRAWN, actor=actor, subject=str(subject.id), receipt=receipt)
    return count
