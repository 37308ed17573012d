"""Whose face an attempt compares, and where it may not be left out."""

from django.utils.translation import gettext_lazy as _

from authsvc.core.errors import Refused
from authsvc.privacy.consent import live_consent
from authsvc.privacy.notice import Purpose
from authsvc.transactions.models import Transaction
from authsvc.vault.lifecycle import opens_for


def face_needed(row: Transaction) -> bool:
    """Whether a second passkey is being added by a person whose face can be compared by the first one.

    Then the first passkey alone adds none: who holds it need not be the person. A face that is locked or
    turned off after failed tries is needed all the same, or failing would be a way around it.
    """
    subject = row.subject
    if row.kind != Transaction.Kind.BIND or subject is None or row.device_id is None:
        return False
    agreed = live_consent(subject, Purpose.FACE) is not None
    return agreed and opens_for(subject.reference, device=row.device_id)


def face_is_needed() -> Refused:
    """Return the refusal of a second passkey that was to be added without the face."""
    return Refused(
        "face-needed",
        _("A further passkey needs your face too. Use a device with a camera, or ask for a new link."),
        detail="the person has a face that the first passkey opens",
        status=403,
    )
