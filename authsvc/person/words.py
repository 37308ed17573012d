"""What the page says of a face and of sign-ins, in plain words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext_lazy as _

from authsvc.assurance.evidence import FaceProof
from authsvc.audit.tags import Tag
from authsvc.core.application_models import ApplicationModel, Place, application_model
from authsvc.core.texts import Text
from authsvc.transactions.models import Transaction

_STORED: Final[Mapping[Place, Text]] = {
    Place.SERVER: _("It lies on a server, sealed, and apart from your name."),
    Place.PHONE: _("It lies on your own device, and nowhere else."),
    Place.NOWHERE: _("Nothing of your face is kept, on no server and on no device."),
}
_COMPARED: Final[Mapping[Place, Text]] = {
    Place.SERVER: _("A server compares it with what your camera shows."),
    Place.PHONE: _("Your device compares it with what your camera shows."),
    Place.NOWHERE: _("Nothing is compared: that it is you is what your device says when you unlock it."),
}
_SEEN = _("A site that asks for it learns that a living person was before your camera.")
_OPENED_TOGETHER = _("It opens only together with your passkey.")
_OPENED_ALONE = _("The server can open it without your passkey.")

RECEIPTS: Final[Mapping[Tag, tuple[Text, Text]]] = {
    Tag.CONSENT_WITHDRAWN: (
        _("Your consent is withdrawn"),
        _("Sign-ins that were running have stopped, and you are signed out everywhere."),
    ),
    Tag.FACE_ERASED: (
        _("Your face is removed"),
        _("You are signed out everywhere. Your passkey signs you in again, without your face."),
    ),
    Tag.APPROVAL_REFUSED: (
        _("The request is stopped"),
        _("No link was made. What can sign you in stays as it is."),
    ),
    Tag.DEVICE_REVOKED: (
        _("The passkey is revoked"),
        _("It can no longer sign in, and what it had signed in to has ended."),
    ),
}
"""Of what was done under a receipt number, a title and what followed."""


@dataclass(frozen=True)
class Line:
    """One attempt as the list shows it: `outcome` is a name of management/attempts/outcome.py.

    `proof` says whether the log holds something to prove: a sign-in at a site that was accepted.
    """

    at: datetime
    what: Text
    outcome: str
    text: Text
    number: str
    proof: bool


def whereabouts(model: ApplicationModel) -> list[Text]:
    """Return where a reference of the model lies, what opens it, and where it is compared, in sentences."""
    if not model.keeps:
        return [_STORED[model.stored], _COMPARED[model.compared], _SEEN]
    opened = _OPENED_TOGETHER if model.shares else _OPENED_ALONE
    return [_STORED[model.stored], opened, _COMPARED[model.compared]]


def lines(attempts: Iterable[Transaction]) -> list[Line]:
    """Return attempts, which must have their `outcome`, in plain words."""
    return [_line(row, row.outcome) for row in attempts]  # type: ignore[attr-defined]


def _line(row: Transaction, outcome: str) -> Line:
    proof = outcome == "accepted" and row.client is not None
    return Line(row.created_at, _what(row), outcome, _ended(row, outcome), row.pk, proof)


def _what(row: Transaction) -> Text:
    if row.client is not None:
        return _("Sign-in to %(site)s") % {"site": row.client.name}
    return {
        Transaction.Kind.ENROL.value: _("Setting up your sign-in"),
        Transaction.Kind.BIND.value: _("Adding a passkey"),
        Transaction.Kind.OWN_PAGE.value: _("Opening this page"),
        Transaction.Kind.RECOVER.value: _("Making a passkey with a recovery code"),
        Transaction.Kind.RENEW.value: _("Renewing your face"),
    }.get(row.kind, _("Sign-in"))


def _accepted_by(face: FaceProof | None) -> Text:
    if face is None:
        return _("With your passkey.")
    model = application_model(face.model)
    if model is None or model.compares:
        return _("With your passkey and your face.")
    return _("With your passkey, and in person before your camera.")


def _ended(row: Transaction, outcome: str) -> Text:
    if outcome == "accepted":
        return _accepted_by(row.evidence.face)
    return {
        "refused": _("The passkey or the face was not accepted."),
        "running": _("It has not ended yet."),
    }.get(outcome, _("It was left, or took too long."))
