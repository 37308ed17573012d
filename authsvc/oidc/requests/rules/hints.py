"""id_token_hint, and a `sub` asked for by value: which person it must be."""

from authsvc.oidc.proofs.refused import NotVerified
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.tokens.hint import sub_of_hint
from authsvc.oidc.wire.refusal import RequestRefused


def check(context: Context) -> None:
    """Verify the hint's signature and issuer; it may have expired (OpenID Connect Core section 3.1.2.1)."""
    hint = context.parameters.get("id_token_hint")
    if hint is not None:
        context.wanted.sub = _hinted(context, hint)
    asked = context.wanted.claims.get("id_token", {}).get("sub")
    value = asked.get("value") if isinstance(asked, dict) else None
    if isinstance(value, str):
        if context.wanted.sub and context.wanted.sub != value:
            raise _refused("two different people", "one person")
        context.wanted.sub = value


def _hinted(context: Context, hint: str) -> str:
    try:
        return sub_of_hint(hint, context.client)
    except NotVerified as problem:
        raise _refused(str(problem), "an ID token of this issuer for this client") from None


def _refused(came: str, expected: str) -> RequestRefused:
    return RequestRefused(
        "invalid_request", "id_token_hint cannot be used.", rule="id-token-hint", came=came, expected=expected
    )
