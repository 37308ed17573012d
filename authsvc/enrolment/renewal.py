"""Renewals: a person adds a moment to their reference, by their own explicit act alone (S9.2-15)."""

from django.db import transaction as database
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.errors import Refused
from authsvc.enrolment.finishing import undone_where_refused
from authsvc.enrolment.notices import tell_of_renewal
from authsvc.privacy.consent import live_consent
from authsvc.privacy.notice import Purpose
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Transaction
from authsvc.transactions.services import (
    attach_moment,
    consume,
    open_transaction,
)
from authsvc.vault.ageing import ENOUGH, moments_of


def asks_for_more(finished: Transaction) -> bool:
    """Tell whether whoever finished an enrolment or a renewal is asked for one more moment."""
    # Read anew: what was just finished has changed the person's row.
    subject = Subject.objects.filter(transactions=finished.pk).first()
    if subject is None or finished.evidence.face is None:
        return False
    return 0 < len(moments_of(subject)) < ENOUGH


def open_renewal(*, tenant: Tenant, browser_key: str, subject: Subject | None = None) -> Transaction:
    """Open the adding of a moment; without a subject, who it is for is known once a passkey is used."""
    finished = reverse("enrolment:moment-added", kwargs={"tenant": tenant.slug, "txn": "{id}"})
    return open_transaction(
        kind=Transaction.Kind.RENEW,
        browser_key=browser_key,
        continue_path=finished.replace("%7Bid%7D", "{id}"),
        subject=subject,
    )


def finish_renewal(*, transaction_id: str, browser_key: str | None, at: str) -> Transaction:
    """Consume a decided renewal at its path, and let its moment count, which the person is told of.

    Raises Refused where there is no result, where the person's consent is over, and where the reference is
    another one by now: then nothing of the person's has changed, and the moment is destroyed.
    """
    with undone_where_refused(Transaction.Kind.RENEW, transaction_id, browser_key):
        return _finish(transaction_id, browser_key, at)


@database.atomic
def _finish(transaction_id: str, browser_key: str | None, at: str) -> Transaction:
    transaction = consume(transaction_id, browser_key, at=at)
    assert transaction.subject_id is not None
    subject = Subject.objects.select_for_update(no_key=True).get(pk=transaction.subject_id)
    if live_consent(subject, Purpose.FACE) is None:
        raise Refused(
            "no-consent", _("Please agree to the notice first."), detail="no live consent", status=403
        )
    moments = attach_moment(transaction, subject)
    record(
        Tag.FACE_RENEWED,
        transaction=transaction.id,
        subject=str(subject.pk),
        device=transaction.device_id or "",
        moments=moments,
    )
    tell_of_renewal(subject)
    return transaction
