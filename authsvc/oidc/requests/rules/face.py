"""An essential `amr` with `face` in it: the relying party demands a face (ADR 0292)."""

from typing import Any

from authsvc.assurance.levels import FACE
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused


def check(context: Context) -> None:
    """Note the demand; refuse it before anyone has to try where the relying party offers no face."""
    asked = context.wanted.claims.get("id_token", {}).get("amr")
    if not isinstance(asked, dict) or asked.get("essential") is not True or FACE not in _methods(asked):
        return
    if not context.client.face_offered:
        raise RequestRefused(
            "unmet_authentication_requirements",
            "No face is taken for this client.",
            rule="face-attainable",
            came="an essential amr with face",
            expected="a client whose registration offers the face",
        )
    context.wanted.face = True


def _methods(asked: dict[str, Any]) -> list[Any]:
    """Return the methods named by `value` or `values`; amr is a list, so either may hold lists of them."""
    found: list[Any] = []
    for named in (asked.get("value"), asked.get("values")):
        for one in named if isinstance(named, list) else [named]:
            found += one if isinstance(one, list) else [one]
    return found
