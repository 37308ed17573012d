"""What answers a request: the acr, at the level that was reached, and face and presence where demanded."""

from collections.abc import Collection, Mapping
from typing import Any

from authsvc.assurance.acr import acr_of, level_of
from authsvc.assurance.face import is_present
from authsvc.assurance.levels import FACE, Level
from authsvc.clients.models import RelyingParty
from authsvc.clients.settings.assurance import floor_of
from authsvc.clients.settings.face import requires_face
from authsvc.clients.settings.presence import requires_presence
from authsvc.oidc.requests.wanted import Wanted


def reported_acr(level: Level, wanted: Wanted, client: RelyingParty) -> str | None:
    """Return the one acr that tokens carry for a level, or None where the level is not enough.

    Not enough is a level under the floor of the relying party and its scopes (SB-02), or under every
    essential value. Of essential values the first one that is met is reported; otherwise what was reached,
    under the name that `acr_values` has for it.
    """
    if level < floor_of(client, wanted.scope):
        return None
    if wanted.essential_acr is not None:
        return next((acr for acr in wanted.essential_acr if _reaches(level, acr)), None)
    return next((acr for acr in wanted.acr_values if level_of(acr) == level), acr_of(level))


def face_demanded(wanted: Wanted, client: RelyingParty) -> bool:
    """Whether no authentication without a face answers: by the request, or by the registration."""
    return wanted.face or requires_face(client)


def face_missing(amr: Collection[str], wanted: Wanted, client: RelyingParty) -> bool:
    """Whether a face is demanded, and is not among the methods of an authentication."""
    return face_demanded(wanted, client) and FACE not in amr


def presence_missing(face: Mapping[str, Any] | None, wanted: Wanted, client: RelyingParty) -> bool:
    """Whether presence is demanded, and the claim `face` of an authentication does not show it."""
    return (wanted.presence or requires_presence(client)) and not is_present(face)


def preference_met(level: Level, wanted: Wanted) -> bool:
    """Whether one of the voluntary `acr_values` is reached; where none is known here, any level will do."""
    known = [acr for acr in wanted.acr_values if level_of(acr) is not None]
    return not known or any(_reaches(level, acr) for acr in known)


def _reaches(level: Level, acr: str) -> bool:
    needed = level_of(acr)
    return needed is not None and level >= needed
