"""acr_values and an essential acr (OpenID Connect Core sections 5.5.1.1 and 3.1.2.1; S6.4-03)."""

from typing import Any

from authsvc.assurance.acr import level_of
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.policy.reach import attainable


def check(context: Context) -> None:
    """Note what is wanted; refuse an essential acr that nobody can reach here before anyone has to try."""
    context.wanted.acr_values = (
        context.parameters.get("acr_values", "").split() or context.client.default_acr_values
    )
    asked = context.wanted.claims.get("id_token", {}).get("acr")
    if not isinstance(asked, dict):
        return
    values = _values(asked)
    if not asked.get("essential"):
        context.wanted.acr_values = values or context.wanted.acr_values
        return
    levels = attainable()
    reachable = [value for value in values if level_of(value) in levels]
    if values and not reachable:
        raise RequestRefused(
            "unmet_authentication_requirements",
            "None of the essential acr values can be reached here.",
            rule="acr-attainable",
            came=" ".join(values),
            expected="an acr of acr_values_supported",
        )
    context.wanted.essential_acr = reachable or None


def _values(asked: dict[str, Any]) -> list[str]:
    values = asked.get("values") or [asked.get("value")]
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
