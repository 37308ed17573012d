"""grant_type=refresh_token: rotation in families, reuse detection, and a grace for a lost answer.

RFC 9700 section 4.14.2. Two tabs often send the same request together, and a client whose answer got lost
sends it again: for GRACE after the first, the identical request gets the very same answer. It is a theft
when anything differs, when it comes later, and once the refresh token of that answer has been used.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction

from authsvc.audit.services import signed
from authsvc.audit.tags import Tag
from authsvc.clients.grant_types import REFRESH_TOKEN
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.envelope import derive, seal, unseal
from authsvc.core.ids import secret_hash
from authsvc.oidc.models import Token
from authsvc.oidc.token.answer import token_content
from authsvc.oidc.tokens.access_token import Binding, Minted, mint
from authsvc.oidc.tokens.grants import revoke_grant
from authsvc.oidc.tokens.id_token import make_id_token
from authsvc.oidc.tokens.stored import find_refresh_token, find_token, is_over, spent_on
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.subjects.models import Subject
from authsvc.tenancy.rows import insert

GRACE = timedelta(seconds=20)
_ANSWER = b"visor/refresh-answer/v1"


def refresh_tokens(client: RelyingParty, parameters: Mapping[str, str], binding: Binding) -> dict[str, Any]:
    """Spend a refresh token once, and return new tokens of the same event; raises RequestRefused.

    Several may look at a token at once: the one that spends it first decides, and every other one finds it
    spent (docs/adr/0518).
    """
    text = parameters.get("refresh_token", "")
    token = _checked(find_refresh_token(text), client, binding)
    if token.spent_at is None:
        scope = _scope_asked(parameters, token)
        _check_scope(token.scope, scope)
        content = _spend(token, client, text, scope, binding)
        if content is not None:
            return content
    with transaction.atomic():
        token = _checked(find_refresh_token(text, lock=True), client, binding)
        answer = _again(token, text, _purpose(client, _scope_asked(parameters, token), binding))
        if answer is not None:
            return answer
        revoke_grant(token.grant, tag=Tag.REFRESH_REUSED, client_id=client.client_id, reason="refresh-reused")
    raise _invalid("refresh-once", came=f"a token spent at {token.spent_at}", expected="the newest one")


def _scope_asked(parameters: Mapping[str, str], token: Token) -> str:
    return " ".join(dict.fromkeys(parameters.get("scope", token.scope).split()))


def _purpose(client: RelyingParty, scope: str, binding: Binding) -> str:
    return secret_hash(f"{client.pk}\x00{scope}\x00{binding.jkt}")


def _spend(
    token: Token, client: RelyingParty, text: str, scope: str, binding: Binding
) -> dict[str, Any] | None:
    """Store new tokens and mark the old one spent, all or nothing; None where it has been spent meanwhile."""
    # FAPI 2.0 section 5.3.2.1-9 forbids rotation for confidential clients with bound tokens.
    rotate = not client.is_fapi2
    grant = token.grant
    minted = mint(grant, client, scope=scope, binding=binding, refresh=rotate)
    event = signed(
        Tag.TOKEN_ISSUED,
        transaction=grant.transaction,
        client=client.client_id,
        subject=str(grant.subject_id),
        grant_type=REFRESH_TOKEN,
    )
    content, spent = _content(token, client, minted, scope, binding), None
    if rotate:
        answer = seal(_answer_key(text), json.dumps(content).encode(), _ANSWER)
        spent = spent_on(token, purpose=_purpose(client, scope, binding), sealed_answer=answer)
    return content if insert(minted.rows, event, upon=spent) else None


def _content(
    token: Token, client: RelyingParty, minted: Minted, scope: str, binding: Binding
) -> dict[str, Any]:
    content = token_content(minted, scope=scope, binding=binding)
    content["id_token"] = make_id_token(token.grant, client, access_token=minted.access, nonce=False)
    return content


def _again(token: Token, text: str, purpose: str) -> dict[str, Any] | None:
    """Return the answer that the token was spent on, or None where it may not be given again."""
    spent_at = token.spent_at
    if spent_at is None or token.sealed_answer is None:
        return None
    if token.spent_on != purpose or now() - spent_at > GRACE:
        return None
    content: dict[str, Any] = json.loads(unseal(_answer_key(text), bytes(token.sealed_answer), _ANSWER))
    successor = find_token(content["refresh_token"], Token.Kind.REFRESH)
    return content if successor is not None and successor.spent_at is None else None


def _answer_key(text: str) -> bytes:
    # Only the holder of the spent token can open its answer; the database alone cannot.
    return derive(text.encode(), info=_ANSWER)


def _checked(token: Token | None, client: RelyingParty, binding: Binding) -> Token:
    if token is None:
        raise _invalid("refresh-known", came="unknown", expected="a refresh token of this issuer")
    grant = token.grant
    if grant.client_id != client.pk:
        raise _invalid("refresh-client", came=client.client_id, expected="the client it was issued to")
    if token.revoked_at or is_over(grant) or token.expires_at <= now():
        raise _invalid("refresh-live", came="revoked or expired", expected="a live refresh token")
    if grant.subject.status != Subject.Status.ACTIVE:
        raise _invalid("refresh-person", came=grant.subject.status, expected="an active person")
    _check_binding(token, client, binding)
    return token


def _check_binding(token: Token, client: RelyingParty, binding: Binding) -> None:
    """A public client goes on with its DPoP key; others may take a new one (RFC 9449 section 5), not none."""
    bound = token.jkt or token.grant.dpop_jkt
    if bound and (not binding.jkt or (client.is_public and binding.jkt != bound)):
        raise _invalid("refresh-dpop-key", came=binding.jkt or "no proof", expected=bound)


def _check_scope(granted: str, asked: str) -> None:
    if not set(asked.split()) <= set(granted.split()):
        raise RequestRefused(
            "invalid_scope",
            "More was asked than was granted.",
            rule="scope-granted",
            came=asked,
            expected=granted,
        )


def _invalid(rule: str, *, came: object, expected: str) -> RequestRefused:
    return RequestRefused(
        "invalid_grant", "The refresh token cannot be used.", rule=rule, came=came, expected=expected
    )
