"""PKCE with S256; plain is not accepted (RFC 7636, RFC 9700 section 2.1.1)."""

import re

from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused

_S256 = re.compile(r"[A-Za-z0-9\-_]{43}")


def check(context: Context) -> None:
    """Require a challenge of public clients and in FAPI 2.0, and take it from everybody who sends one."""
    challenge = context.parameters.get("code_challenge")
    method = context.parameters.get("code_challenge_method")
    if challenge is None:
        if method is not None or context.client.is_public or context.client.is_fapi2:
            raise _refused("no code_challenge", "code_challenge is missing.")
        return
    if method != "S256":
        raise _refused(method or "plain (by default)", "code_challenge_method must be S256.")
    if not _S256.fullmatch(challenge):
        raise _refused(challenge, "code_challenge is not a SHA-256 in base64url.")
    context.wanted.code_challenge = challenge


def _refused(came: str, description: str) -> RequestRefused:
    return RequestRefused(
        "invalid_request",
        description,
        rule="pkce",
        came=came,
        expected="code_challenge of 43 characters with code_challenge_method=S256",
    )
