"""An essential `amr` with `face` in it: the relying party demands a face (ADR 0292)."""

from typing import Any

from authsvc.assurance.levels import FACE
from authsvc.biometrics.thresholds import faces_count
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.policy.services import allowed_models


def check(context: Context) -> None:
    """Note the demand; refuse it before anyone has to try where no face is offered, compared, or counts."""
    asked = context.wanted.claims.get("id_token", {}).get("amr")
    if not isinstance(asked, dict) or asked.get("essential") is not True or FACE not in _methods(asked):
        return
    if not context.client.face_offered or not faces_count() or not _compares():
        raise RequestRefused(
            "unmet_authentication_requirements",
            "No face is taken for this client, or none is compared, or counts at the moment.",
            rule="face-attainable",
            came="an essential amr with face",
            expected="a client whose registration offers the face, and face in claims_supported",
        )
    context.wanted.face = True


def _compares() -> bool:
    """Whether a model that the tenant's policy allows compares faces at all (ADR 0387)."""
    return any(row.compares for row in allowed_models())


def _methods(asked: dict[str, Any]) -> list[Any]:
    """Return the methods named by `value` or `values`; amr is a list, so either may hold lists of them."""
    found: list[Any] = []
    for named in (asked.get("value"), asked.get("values")):
        for one in named if isinstance(named, list) else [named]:
            found += one if isinstance(one, list) else [one]
    return found
