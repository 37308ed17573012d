"""What a provider's claims come to: who may enrol by them, and what is taken of them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from authsvc.core.visible import is_visible
from authsvc.self_enrolment.models import PeopleProvider
from authsvc.self_enrolment.refused import Incomplete, NotAdmitted

Claims = Mapping[str, Any]
_LONGEST: Final = 120
_LONGEST_EMAIL: Final = 254


@dataclass(frozen=True)
class Newcomer:
    """What is taken of somebody's claims: their name, their number or "", and a verified address or ""."""

    name: str
    external_id: str
    email: str

    @property
    def claims(self) -> dict[str, Any]:
        """What relying parties may learn of the person."""
        return {"name": self.name, **({"email": self.email, "email_verified": True} if self.email else {})}


def require_admitted(row: PeopleProvider, claims: Claims) -> None:
    """Raise NotAdmitted where the claims are not those of somebody who may enrol."""
    if row.everybody:
        return
    said = claims.get(row.gate_claim) if row.gate_claim else None
    values = said if isinstance(said, list) else [said]
    # Only texts: true and 1 are what somebody else may have meant otherwise.
    if not any(isinstance(value, str) and value in row.gate_values for value in values):
        raise NotAdmitted(detail=f"claim {row.gate_claim!r} has none of {row.gate_values}")


def taken(row: PeopleProvider, claims: Claims) -> Newcomer:
    """Return what is taken of somebody's claims; raises Incomplete where what the rule needs is not there."""
    name = _text(claims, row.name_claim)
    if not name:
        raise Incomplete(detail=f"claim {row.name_claim!r} is no name")
    number = _number(claims, row.external_id_claim) if row.external_id_claim else ""
    if row.external_id_claim and not number:
        raise Incomplete(detail=f"claim {row.external_id_claim!r} is no number of a person")
    email = "" if row.email == PeopleProvider.Email.LEFT else _verified_email(claims)
    if row.email == PeopleProvider.Email.NEEDED and not email:
        raise Incomplete(detail="there is no e-mail address of which the provider says that it is verified")
    return Newcomer(name, number, email)


def _verified_email(claims: Claims) -> str:
    """Return an address of which the provider says that it is the person's own, "" for none.

    Only the claims `email` and `email_verified` say that (OpenID Connect Core section 5.1); the text "true"
    does not.
    """
    said = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(said, str) or len(said) > _LONGEST_EMAIL:
        return ""
    try:
        validate_email(said)
    except ValidationError:
        return ""
    return said


def _number(claims: Claims, name: str) -> str:
    """Return a person's number, which providers say as a text or as a number."""
    said = claims.get(name)
    return str(said) if type(said) is int else _text(claims, name)


def _text(claims: Claims, name: str) -> str:
    """Return a text that the provider says, "" for none, and for one that would not be what it looks like."""
    said = claims.get(name)
    text = said.strip() if isinstance(said, str) else ""
    return text if len(text) <= _LONGEST and is_visible(text) else ""
