"""How sure a page wants to be, how that is asked, and whether an ID token answers it. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .refused import Refused

RANKS = {
    "urn:visor:L1": 1,
    "urn:visor:L2": 2,
    "urn:visor:L3": 3,
    "urn:visor:L4": 4,
    "phr": 3,  # EAP ACR Values 1.0
    "phrh": 3,
}
# Seconds by which the provider's clock may differ, and an answer may travel.
LEEWAY = 10


FACE = "face"
"""The method of RFC 8176 that says that a face was compared."""


@dataclass(frozen=True)
class Wanted:
    """The least acr, and the greatest age of the authentication in seconds (None: any age).

    `face` demands that a face was compared, `presence` that a living person was before a camera. Neither is
    part of any acr, and each needs a reason that the provider has on record or that the site can give.
    """

    acr: str = "urn:visor:L1"
    max_age: int | None = None
    face: bool = False
    presence: bool = False

    def __post_init__(self) -> None:
        if self.acr not in RANKS or (self.max_age is not None and self.max_age < 0):
            raise ValueError("unknown acr or negative max_age")


def authorize_parameters(wanted: Wanted) -> dict[str, str]:
    """Return the parameters that make the provider meet `wanted` or refuse.

    `acr_values` alone is a wish; the essential claim is a demand (OpenID Connect Core sections 3.1.2.1
    and 5.5.1.1).
    """
    demand: dict[str, Any] = {
        "acr": {"essential": True, "values": [wanted.acr]},
        "auth_time": {"essential": True},
    }
    if wanted.face:
        demand["amr"] = {"essential": True, "values": [FACE]}
    if wanted.presence:
        demand["presence"] = {"essential": True}
    parameters = {"claims": json.dumps({"id_token": demand}), "acr_values": wanted.acr}
    if wanted.max_age is not None:
        parameters["max_age"] = str(wanted.max_age)
    return parameters


def require(claims: Mapping[str, Any], wanted: Wanted, *, now: float, leeway: int = LEEWAY) -> None:
    """Raise Refused unless acr, auth_time, amr and presence of an ID token meet what was asked.

    `now` is in seconds since 1970. OpenID Connect Core section 3.1.3.7, steps 12 and 13.
    """
    if RANKS.get(str(claims.get("acr")), 0) < RANKS[wanted.acr]:
        raise Refused(f"acr {claims.get('acr')!r} is below {wanted.acr}")
    if wanted.face and FACE not in _methods(claims):
        raise Refused("no face was compared")
    if wanted.presence and claims.get("presence") is not True:
        raise Refused("nobody was shown to be present")
    if wanted.max_age is not None:
        _require_age(claims, wanted.max_age, now, leeway)


def _methods(claims: Mapping[str, Any]) -> list[Any]:
    amr = claims.get("amr")
    return amr if isinstance(amr, list) else []


def _require_age(claims: Mapping[str, Any], max_age: int, now: float, leeway: int) -> None:
    auth_time = claims.get("auth_time")
    if not isinstance(auth_time, int) or isinstance(auth_time, bool):
        raise Refused("auth_time is missing")
    age = now - auth_time
    if age > max_age + leeway:
        raise Refused(f"authenticated {age:.0f} s ago, more than {max_age} s")
    if age < -LEEWAY:
        raise Refused("auth_time lies in the future")


def met(claims: Mapping[str, Any], wanted: Wanted, *, now: float) -> bool:
    """Tell whether a session's claims meet `wanted` at this moment, without leeway."""
    try:
        require(claims, wanted, now=now, leeway=0)
    except Refused:
        return False
    return True


def challenge(wanted: Wanted) -> str:
    """Return the WWW-Authenticate header that asks for a step-up (RFC 9470 section 3)."""
    parts = ['error="insufficient_user_authentication"', f'acr_values="{wanted.acr}"']
    if wanted.max_age is not None:
        parts.append(f'max_age="{wanted.max_age}"')
    return "Bearer " + ", ".join(parts)
