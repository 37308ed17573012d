"""request: a request object, where parameters may come without one (RFC 9101, OpenID Connect Core 6.1)."""

from typing import Any

from authsvc.keys.algorithms import FAPI2_SIGNING, SIGNING, UNSIGNED
from authsvc.oidc.proofs.claims import check_claims
from authsvc.oidc.proofs.jose import read_header, read_unverified
from authsvc.oidc.proofs.refused import NotVerified
from authsvc.oidc.proofs.specifications import FAPI2_REQUEST_OBJECT, REQUEST_OBJECT
from authsvc.oidc.proofs.statement import keys_of, verify_statement
from authsvc.oidc.requests.objects import parameters_of
from authsvc.oidc.requests.rules.redirect_uri import answer_early
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.oidc.wire.refusal import RequestRefused


def check(context: Context) -> None:
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
    inside = parameters_of(content)
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
    specification = FAPI2_REQUEST_OBJECT if client.is_fapi2 else REQUEST_OBJECT
    names = {
        "client_id": (client.client_id,),
        "iss": (client.client_id,),
        "aud": (issuer_of(context.tenant),),
    }
    try:
        if _is_unsigned(context, text):
            content = read_unverified(text)
            check_claims(content, specification, names)
        else:
            algorithms = _algorithms(context)
            content = verify_statement(
                text, specification, keys=keys_of(client), algorithms=algorithms, names=names
            ).claims
    except NotVerified as problem:
        raise _refused(str(problem), problem.expected) from None
    if {"request", "request_uri"} & content.keys():
        raise _refused("a request inside the request", "parameters only")
    return content


def _is_unsigned(context: Context, text: str) -> bool:
    unsigned = read_header(text).get("alg") == UNSIGNED and text.endswith(".")
    return unsigned and _may_be_unsigned(context)


def _may_be_unsigned(context: Context) -> bool:
    return not _must_sign(context) and context.client.request_object_signing_alg in {"", UNSIGNED}


def _algorithms(context: Context) -> tuple[str, ...]:
    registered = context.client.request_object_signing_alg
    if registered:
        return (registered,)
    return FAPI2_SIGNING if context.client.is_fapi2 else SIGNING


def _refused(came: str, expected: str) -> RequestRefused:
    return RequestRefused(
        "invalid_request_object",
        "The request object cannot be used.",
        rule="request-object",
        came=came,
        expected=expected,
    )
