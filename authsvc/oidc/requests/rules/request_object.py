"""request: a request object (RFC 9101, OpenID Connect Core section 6.1)."""

import json
from datetime import timedelta
from typing import Any

from authsvc.core.clock import now
from authsvc.keys.algorithms import FAPI2_SIGNING, SIGNING, UNSIGNED
from authsvc.oidc.proofs.client_keys import signature_keys
from authsvc.oidc.proofs.jose import NotVerified, is_number, read_header, read_unverified, verify
from authsvc.oidc.requests.rules.redirect_uri import answer_early
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.oidc.wire.lifetimes import CLOCK_SKEW
from authsvc.oidc.wire.parameters import refuse_control_characters
from authsvc.oidc.wire.refusal import RequestRefused

# FAPI 2.0 Message Signing section 5.3.1.
_LONGEST = timedelta(minutes=60)
_NOT_PARAMETERS = frozenset({"iss", "aud", "exp", "iat", "nbf", "jti", "sub", "request", "request_uri"})


def open_request_object(context: Context) -> None:
    """Verify the object and put its values in place of the parameters.

    For clients that must sign, values outside it never count; for others OpenID Connect lets them
    fill gaps. An unsigned object says no more than plain parameters do, and counts like them for a
    client that did not register an algorithm.
    """
    text = context.parameters.get("request")
    if text is None:
        _refuse_missing(context)
        return
    answer_early(context)
    content = _verified(context, text)
    inside = {name: _as_text(value) for name, value in content.items() if name not in _NOT_PARAMETERS}
    refuse_control_characters(inside)
    outside = {} if _must_sign(context) else _outside(context, inside)
    context.parameters = {**outside, **inside, "client_id": context.client.client_id}
    context.returnable = False


def _must_sign(context: Context) -> bool:
    return context.client.is_fapi2 or context.client.require_signed_request_object


def _refuse_missing(context: Context) -> None:
    if context.client.require_signed_request_object and not context.wanted.pushed:
        raise RequestRefused(
            "invalid_request",
            "This client must sign its requests.",
            rule="request-object-required",
            came="no request object",
            expected="a signed request object",
        )


def _outside(context: Context, inside: dict[str, str]) -> dict[str, str]:
    outside = {name: value for name, value in context.parameters.items() if name != "request"}
    for name in ("response_type", "client_id"):
        if name in inside and outside.get(name, inside[name]) != inside[name]:
            raise _refused(f"{name} differs inside and outside", "the same value in both")
    return outside


def _verified(context: Context, text: str) -> dict[str, Any]:
    client = context.client
    try:
        header = read_header(text)
        kid = header.get("kid")
        if header.get("alg") == UNSIGNED and text.endswith(".") and _may_be_unsigned(context):
            content = read_unverified(text)
        else:
            keys = signature_keys(client, kid=kid if isinstance(kid, str) else None)
            content = verify(text, keys, _algorithms(context))
    except NotVerified as problem:
        raise _refused(str(problem), "a signature by a registered key") from None
    _check_claims(context, content)
    return content


def _may_be_unsigned(context: Context) -> bool:
    return not _must_sign(context) and context.client.request_object_signing_alg in {"", UNSIGNED}


def _algorithms(context: Context) -> tuple[str, ...]:
    registered = context.client.request_object_signing_alg
    if registered:
        return (registered,)
    return FAPI2_SIGNING if context.client.is_fapi2 else SIGNING


def _check_claims(context: Context, content: dict[str, Any]) -> None:
    client = context.client
    for name in ("client_id", "iss"):
        if content.get(name, client.client_id) != client.client_id:
            raise _refused(f"{name} {content[name]}", client.client_id)
    audience = content.get("aud")
    expected = issuer_of(context.tenant)
    audiences = audience if isinstance(audience, list) else [audience]
    if (audience is not None or client.is_fapi2) and expected not in audiences:
        raise _refused(f"aud {audience}", expected)
    if {"request", "request_uri"} & content.keys():
        raise _refused("a request inside the request", "parameters only")
    _check_times(content, required=client.is_fapi2)


def _check_times(content: dict[str, Any], *, required: bool) -> None:
    moment, skew = now().timestamp(), CLOCK_SKEW.total_seconds()
    expires, starts = content.get("exp"), content.get("nbf")
    for name, value in (("exp", expires), ("nbf", starts)):
        if (required or value is not None) and not is_number(value):
            raise _refused(f"{name} {value}", "a time")
    if is_number(expires) and expires <= moment - skew:
        raise _refused(f"exp {expires}", "a time to come")
    if is_number(starts) and starts > moment + skew:
        raise _refused(f"nbf {starts}", "a time that has come")
    if not required:
        return
    assert is_number(expires)
    assert is_number(starts)
    longest = _LONGEST.total_seconds()
    if starts < moment - longest - skew or expires - starts > longest:
        raise _refused(f"nbf {starts}, exp {expires}", "a life of at most 60 minutes, begun within them")


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        return json.dumps(value)
    return str(value)


def _refused(came: str, expected: str) -> RequestRefused:
    return RequestRefused(
        "invalid_request_object",
        "The request object cannot be used.",
        rule="request-object",
        came=came,
        expected=expected,
    )
