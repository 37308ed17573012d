"""Consent to the use of a camera: explicit, versioned, revocable, never older than twelve months (S10-01).

It is for one purpose: who agreed that their face is compared did not agree to be seen for its own sake, nor
the other way about.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.application_models import ApplicationModel
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.privacy.models import ConsentReceipt
from authsvc.privacy.notice import CONSENT_MONTHS, Notice, Purpose, current_notice
from authsvc.seals.written import Given, Written
from authsvc.subjects.models import Subject

_LIFE = timedelta(days=30 * CONSENT_MONTHS)
# So long before a consent ends the person is asked anew, so that nobody loses a face that is in use.
RENEWED_BEFORE = timedelta(days=30)


class NoticeChanged(Refused):
    """The notice that somebody agrees to is not the current one any more."""


@transaction.atomic
def give_consent(
    *, subject: Subject, notice_version: str, model: ApplicationModel | None = None
) -> ConsentReceipt:
    """Store that the person agreed to the notice that is current now, and return the receipt.

    `model` is that of the person's reference, None for one that is to be made. Raises NoticeChanged where the
    version shown is not the current one: the person must read the new text.
    """
    notice = current_notice(subject.tenant, model)
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
        purpose=notice.purpose,
        notice_version=notice.version,
        notice=notice.content,
        given_at=moment,
        expires_at=moment + _LIFE,
    )
    record(Tag.CONSENT_GIVEN, subject=str(subject.id), receipt=receipt.id, notice=notice.version)
    return receipt


def live_consent(subject: Subject, purpose: Purpose | None = None) -> ConsentReceipt | None:
    """Return the person's newest consent that holds now, or None; for a purpose where one is named."""
    if purpose is None:
        return _NEWEST.row(subject=subject.pk, moment=now())
    return _NEWEST_FOR.row(subject=subject.pk, moment=now(), purpose=purpose.value)


def _held(**further: Given) -> QuerySet[ConsentReceipt]:
    theirs = ConsentReceipt.objects.filter(subject_id=Given("subject"), withdrawn_at=None, **further)
    return theirs.filter(expires_at__gt=Given("moment")).order_by("-given_at")[:1]


_NEWEST: Final = Written(_held)
_NEWEST_FOR: Final = Written(lambda: _held(purpose=Given("purpose")))


def held_of(consents: Iterable[ConsentReceipt]) -> ConsentReceipt | None:
    """Return the first of a person's consents, the newest first, that holds now, or None."""
    moment = now()
    return next((row for row in consents if row.withdrawn_at is None and row.expires_at > moment), None)


def consenting() -> QuerySet[Subject]:
    """Return the people of the tenant in scope whose consent to face comparison holds now."""
    held = ConsentReceipt.objects.filter(purpose=Purpose.FACE, withdrawn_at=None, expires_at__gt=now())
    return Subject.objects.filter(Exists(held.filter(subject=OuterRef("pk"))))


def covers_capture(subject: Subject, model: ApplicationModel | None = None) -> bool:
    """Whether the person's consent is to the notice as it stands now, and holds for a while yet.

    `model` is that of the person's reference. Where it does not, the person is asked anew before the camera
    starts (S10-07).
    """
    notice = current_notice(subject.tenant, model)
    consent = live_consent(subject, notice.purpose)
    return consent is not None and is_covered(consent, notice)


def is_covered(consent: ConsentReceipt, notice: Notice) -> bool:
    """Whether a live consent is to that notice, and holds for a while yet."""
    return consent.expires_at > now() + RENEWED_BEFORE and consent.notice_version == notice.version


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
