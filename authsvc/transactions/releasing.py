"""A release (workflow W6): in a sign-in whose face the phone compares, the reference is sent to it first.

It is a capture without pictures: the agent seals its share to a worker, and the worker's answer, accepted, is
the reference, sealed to the phone's receiving key and left for it (outgoing.py). It decides nothing: the
transaction goes on as the proven one that it was, and each challenge after it takes a release of its own.
"""

from typing import Any, Final

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.ids import b64u
from authsvc.transactions.crossing import not_this_model, phone_compares, phone_may_compare
from authsvc.transactions.models import Capture, Outgoing, Transaction
from authsvc.transactions.outgoing import LIFE
from authsvc.transactions.records import NewReference
from authsvc.transactions.tries import MATCH_TRIES, QUALITY_RETRIES
from authsvc.transactions.verdict import check_verdict

RELEASED: Final = "released"
"""Why a release was accepted."""

MOST: Final = MATCH_TRIES + QUALITY_RETRIES
"""Releases of a transaction: as many as it may have challenges, whether refused or asked again."""


def release_challenge(nonce: bytes) -> dict[str, Any]:
    """Return what is asked of an agent to which the reference is to be sent: its share, and no picture."""
    return {"nonce": b64u(nonce), "steps": [], "asks": Capture.REFERENCE}


def require_releasable(row: Transaction) -> None:
    """Refuse to send a reference (403) where the model compares none on the phone, or nothing vouches for it.

    Raises Refused, also where the transaction has had as many as it may have (409).
    """
    if not phone_compares(row):
        raise not_this_model(
            _("Your face is not compared on this device."),
            detail="the application model sends no reference down to be compared",
            status=403,
        )
    if not phone_may_compare(row):
        raise Refused(
            "not-attested",
            _("Your face cannot be compared on this device. Continue without it."),
            detail="nothing vouches for the agent, or it has no receiving key",
            status=403,
            tag=Tag.FLOW_REFUSED,
        )
    if _releases(row).count() >= MOST:
        raise Refused(
            "face-closed",
            _("Continue without your face, or start again."),
            detail="every release is used",
            status=409,
        )


def require_released(row: Transaction) -> None:
    """Refuse a challenge (409) for which the phone has not fetched what it is to compare with.

    Each takes a release of its own, of the last minute: what an earlier one sent is wiped, or gone unfetched.
    """
    if not phone_compares(row):
        return
    last = row.captures.order_by("-number").first()
    if last is None or not _is_at_hand(last):
        raise Refused(
            "not-released",
            _("Something went wrong. Please try again."),
            detail="no reference was released, or it was not fetched",
            status=409,
        )


def is_released(capture: Capture) -> bool:
    """Whether a capture is a release that a worker accepted, as the row says."""
    return capture.releases and capture.state == Capture.State.ACCEPTED


def _is_at_hand(capture: Capture) -> bool:
    lately = capture.decided_at is not None and capture.decided_at > now() - LIFE
    return lately and is_released(capture) and not Outgoing.objects.filter(capture=capture).exists()


def released_before(capture: Capture) -> NewReference | None:
    """Return which reference a worker of ours released just before a capture, None where none did.

    For workers: no row is believed for it, but the verdict alone.
    """
    before = Capture.objects.filter(transaction_id=capture.transaction_id, number=capture.number - 1).first()
    if before is None or not is_released(before):
        return None
    verdict = check_verdict(before.verdict, capture=before)
    return verdict.reference if (verdict.outcome, verdict.reason) == ("accepted", RELEASED) else None


def _releases(row: Transaction) -> QuerySet[Capture]:
    return row.captures.filter(challenge__asks=Capture.REFERENCE)
