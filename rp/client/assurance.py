"""How sure a page wants to be, how that is asked, and whether an ID token answers it. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rp.client.refused import Refused

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


@dataclass(frozen=True)
class Wanted:
    """The least acr, and the greatest age of the authentication in seconds (None: any age)."""

    acr: str = "urn:visor:L1"
    max_age: int | None = None

    def __post_init__(self) -> None:
        if self.acr not in RANKS or (self.max_age is not None and self.max_age < 0):
            raise ValueError("unknown acr or negative max_age")


def authorize_parameters(wanted: Wanted) -> dict[str, str]:
    """Return the parameters that make the provider meet `wanted` or refuse.

    `acr_values` alone is a wish; the essential claim is a demand (OpenID Connect Core sections 3.1.2.1
    and 5.5.1.1).
    """
    demand = {"acr": {"essential": True, "values": [wanted.acr]}, "auth_time": {"essential": True}}
    parameters = {"claims": json.dumps({"id_token": demand}), "acr_values": wanted.acr}
    if wanted.max_age is not None:
        parameters["max_age"] = str(wanted.max_age)
    return parameters


def require(claims: Mapping[str, Any], wanted: Wanted, *, now: float, leeway: int = LEEWAY) -> None:
    """Raise Refused unless acr and auth_time of an ID token meet what was asked.

    `now` is in seconds since 1970. OpenID Connect Core section 3.1.3.7, steps 12 and 13.
    """
    if RANKS.get(str(claims.get("acr")), 0) < RANKS[wanted.acr]:
        raise Refused(f"acr {claims.get('acr')!r} is below {wanted.acr}")
    if wanted.max_age is None:
        return
    auth_time = claims.get("auth_time")
    if not isinstance(auth_time, int) or isinstance(auth_time, bool):
        raise Refused("auth_time is missing")
    age = now - auth_time
    if age > wanted.max_age + leeway:
        raise Refused(f"authenticated {age:.0f} s ago, more than {wanted.max_age} s")
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
