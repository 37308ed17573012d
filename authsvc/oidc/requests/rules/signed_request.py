"""request, where it has to be signed and whole: a request without a browser (CIBA Core 1.0 section 7.1.1)."""

from typing import Any

from authsvc.clients.models import RelyingParty
from authsvc.keys.algorithms import FAPI2_SIGNING
from authsvc.oidc.proofs.once import use_once
from authsvc.oidc.proofs.refused import NotVerified
from authsvc.oidc.proofs.specifications import BACKCHANNEL_REQUEST
from authsvc.oidc.proofs.statement import keys_of, verify_statement
from authsvc.oidc.requests.objects import parameters_of
from authsvc.oidc.requests.refused import backchannel_refused
from authsvc.oidc.requests.rules.binding_message import message_refused
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.addresses import issuer_of

_BESIDE = frozenset({"client_id", "request"})
_TEXTS = (
    *("scope", "acr_values", "binding_message", "client_notification_token"),
    *("login_hint", "id_token_hint"),
)


def check(context: Context) -> None:
    """Verify the object, which counts once, and put its values in place of the parameters."""
    text = context.parameters.get("request", "")
    beside = sorted(context.parameters.keys() - _BESIDE)
    if not text:
        raise backchannel_refused(
            "ciba-request", came="no request object", expected="a signed request object"
        )
    if beside:
        raise backchannel_refused(
            "ciba-request", came=beside, expected="no parameter outside the request object"
        )
    claims = _verified(context, text)
    _check_texts(claims)
    inside = parameters_of(claims)
    again = backchannel_refused("ciba-jti", came=claims["jti"], expected="a jti not used before")
    use_once(BACKCHANNEL_REQUEST.use(claims, context.client.pk, again))
    context.parameters = {**inside, "client_id": context.client.client_id}


def _verified(context: Context, text: str) -> dict[str, Any]:
    client = context.client
    names = {"aud": (issuer_of(context.tenant),), "iss": (client.client_id,)}
    try:
        return verify_statement(
            text, BACKCHANNEL_REQUEST, keys=keys_of(client), algorithms=_algorithms(client), names=names
        ).claims
    except NotVerified as problem:
        rule = "ciba-signature" if problem.part == "form" else f"ciba-{problem.part}"
        raise backchannel_refused(rule, came=problem.came, expected=problem.expected) from None


def _algorithms(client: RelyingParty) -> tuple[str, ...]:
    registered = client.backchannel_authentication_request_signing_alg
    return (registered,) if registered in FAPI2_SIGNING else FAPI2_SIGNING


def _check_texts(claims: dict[str, Any]) -> None:
    # RFC 9101 section 4: what is text has to be a JSON string.
    for name in _TEXTS:
        value = claims.get(name)
        if value is None or isinstance(value, str):
            continue
        if name == "binding_message":
            raise message_refused(value)
        raise backchannel_refused(f"ciba-{name.replace('_', '-')}", came=value, expected="text")
