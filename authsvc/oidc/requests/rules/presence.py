"""An essential `presence`: the relying party demands a living person before a camera (ADR 0383)."""

from typing import Any

from authsvc.biometrics.thresholds import faces_count
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused


def check(context: Context) -> None:
    """Note the demand; refuse it before anyone has to try where nobody can show it."""
    asked = context.wanted.claims.get("id_token", {}).get("presence")
    if not isinstance(asked, dict) or asked.get("essential") is not True or not _wants_it(asked):
        return
    if not context.client.face_offered or not faces_count():
        raise RequestRefused(
            "unmet_authentication_requirements",
            "Presence cannot be shown to this client at the moment.",
            rule="presence-attainable",
            came="an essential presence",
            expected="a client whose registration offers the face, and presence in claims_supported",
        )
    context.wanted.presence = True


def _wants_it(asked: dict[str, Any]) -> bool:
    """Whether true is among the values asked for: nobody is shown to be absent."""
    values = asked.get("values", [asked.get("value", True)])
    return isinstance(values, list) and True in values
