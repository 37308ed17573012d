"""grant_type=authorization_code (RFC 6749 section 4.1.3, RFC 7636 section 4.6)."""

import re
import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from authsvc.audit.tags import Tag
from authsvc.clients.grant_types import AUTHORIZATION_CODE
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.ids import b64u
from authsvc.oidc.models import Grant
from authsvc.oidc.sql import redemption
from authsvc.oidc.token.issue import issue_tokens
from authsvc.oidc.tokens.access_token import Binding
from authsvc.oidc.tokens.grants import find_by_code, find_open_code, revoke_grant, use_code_up
from authsvc.oidc.tokens.stored import is_over
from authsvc.oidc.wire.refusal import RequestRefused

_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")


def exchange_code(client: RelyingParty, parameters: Mapping[str, str], binding: Binding) -> dict[str, Any]:
    """Redeem a code once, and return the token response.

    A code that was redeemed before revokes what the first redemption issued. A wrong verifier, client
    or redirect URI uses the code up too: whoever guesses gets one guess. Raises RequestRefused.
    """
    code = parameters.get("code", "")
    if not code:
        raise RequestRefused("invalid_request", "code is missing.", rule="code", expected="a code")
    grant = find_open_code(code)
    if grant is not None:
        # Several may look at a code at once: the one that marks it first decides (docs/adr/0386).
        refused = _refusal(grant, client, parameters, binding)
        if refused is None:
            used_up = redemption(grant, now())
            content = issue_tokens(grant, client, binding, grant_type=AUTHORIZATION_CODE, using_up=used_up)
            if content is not None:
                return content
        elif use_code_up(grant):
            raise refused
    _answer_replay(code, client)
    raise _invalid("code", came="unknown or used", expected="a fresh code")


def _refusal(
    grant: Grant, client: RelyingParty, parameters: Mapping[str, str], binding: Binding
) -> RequestRefused | None:
    if grant.client_id != client.pk:
        return _invalid("code-client", came=client.client_id, expected="the client it was issued to")
    if grant.code_expires_at <= now() or is_over(grant):
        return _invalid(
            "code-fresh", came=str(grant.code_expires_at), expected="a code of the last 30 seconds"
        )
    if parameters.get("redirect_uri", "") != grant.redirect_uri:
        return _invalid(
            "code-redirect-uri", came=parameters.get("redirect_uri", ""), expected=grant.redirect_uri
        )
    if grant.dpop_jkt and grant.dpop_jkt != binding.jkt:
        return _invalid("code-dpop-key", came=binding.jkt, expected=grant.dpop_jkt)
    return _pkce_refusal(grant.code_challenge, parameters.get("code_verifier"))


def _pkce_refusal(challenge: str, verifier: str | None) -> RequestRefused | None:
    if not challenge and verifier is None:
        return None
    if not challenge:
        return _invalid("pkce", came="a code_verifier", expected="none, as the request had no code_challenge")
    if verifier is None or not _VERIFIER.fullmatch(verifier):
        return _invalid("pkce", came="no usable code_verifier", expected="43 to 128 unreserved characters")
    # code_challenge_method is S256 (RFC 7636 section 4.2).
    hashed = b64u(sha256(verifier.encode()).digest())
    if not secrets.compare_digest(hashed, challenge):
        return _invalid("pkce", came="another code_verifier", expected="the one behind code_challenge")
    return None


def _answer_replay(code: str, client: RelyingParty) -> None:
    used = find_by_code(code)
    if used is not None:
        revoke_grant(used, tag=Tag.CODE_REUSED, client_id=client.client_id, reason="code-reused")


def _invalid(rule: str, *, came: object, expected: str) -> RequestRefused:
    return RequestRefused(
        "invalid_grant", "The code cannot be redeemed.", rule=rule, came=came, expected=expected
    )
