"""A request without a browser says by exactly one hint whom it is about (CIBA Core 1.0 section 7.1)."""

from authsvc.oidc.requests.refused import backchannel_refused
from authsvc.oidc.requests.wanted import Context

_HINTS = ("login_hint", "id_token_hint", "login_hint_token")


def check(context: Context) -> None:
    """Refuse none, several, and the kind that is not offered."""
    given = [name for name in _HINTS if name in context.parameters]
    if len(given) != 1:
        raise backchannel_refused("ciba-one-hint", came=given, expected="exactly one hint")
    if given == ["login_hint_token"]:
        raise backchannel_refused("ciba-one-hint", came=given, expected="login_hint or id_token_hint")
