"""The backchannel authentication request's rules, in the order in which they run; a rule a function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from authsvc.assurance.acr import ATTAINABLE, level_of
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.keys.algorithms import FAPI2_SIGNING
from authsvc.oidc.ciba.hints import find_hinted
from authsvc.oidc.proofs.client_keys import signature_keys
from authsvc.oidc.proofs.jose import NotVerified, is_number, read_header, verify
from authsvc.oidc.proofs.once import Use, use_once
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.oidc.wire.lifetimes import BACKCHANNEL_REQUEST, CLOCK_SKEW
from authsvc.oidc.wire.parameters import refuse_control_characters
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.subjects.models import Subject

Mode = RelyingParty.BackchannelMode
# FAPI-CIBA section 5.2.2: a request object lives at most 60 minutes.
_LONGEST = timedelta(minutes=60)
_CREDENTIALS = frozenset({"client_id", "client_secret", "client_assertion", "client_assertion_type"})
_HINTS = ("login_hint", "id_token_hint", "login_hint_token")
_MESSAGE_LENGTH = 64
_TOKEN_LENGTH = range(22, 1025)


@dataclass
class Asked:
    """What the request asks for; the rules read `parameters` and fill in the rest."""

    client: RelyingParty
    parameters: Mapping[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    scope: list[str] = field(default_factory=list)
    acr_values: list[str] = field(default_factory=list)
    subject: Subject | None = None
    binding_message: str = ""
    notification_token: str = ""
    life: timedelta = BACKCHANNEL_REQUEST


def check_offered(asked: Asked) -> None:
    """The relying party is registered for it (CIBA section 4)."""
    if not asked.client.backchannel_token_delivery_mode:
        raise RequestRefused(
            "unauthorized_client",
            "This client is not registered for backchannel authentication.",
            rule="ciba-registered",
            came=asked.client.client_id,
            expected="backchannel_token_delivery_mode poll or ping",
        )


def open_signed_request(asked: Asked) -> None:
    """The request is signed, whole, and nothing stands beside it (CIBA section 7.1.1)."""
    text = asked.parameters.get("request", "")
    beside = sorted(asked.parameters.keys() - _CREDENTIALS - {"request"})
    if not text:
        raise _refused("ciba-request", came="no request object", expected="a signed request object")
    if beside:
        raise _refused("ciba-request", came=beside, expected="no parameter outside the request object")
    try:
        kid = read_header(text).get("kid")
        keys = signature_keys(asked.client, kid=kid if isinstance(kid, str) else None)
        asked.values = verify(text, keys, _algorithms(asked.client))
    except NotVerified as problem:
        raise _refused("ciba-signature", came=problem, expected="a signature by a registered key") from None
    refuse_control_characters({name: v for name, v in asked.values.items() if isinstance(v, str)})


def check_names(asked: Asked) -> None:
    """aud is this issuer, iss is the client."""
    audience = asked.values.get("aud")
    issuer = issuer_of(asked.client.tenant)
    if audience != issuer and not (isinstance(audience, list) and issuer in audience):
        raise _refused("ciba-aud", came=audience, expected=issuer)
    if asked.values.get("iss") != asked.client.client_id:
        raise _refused("ciba-iss", came=asked.values.get("iss"), expected=asked.client.client_id)


def check_times(asked: Asked) -> None:
    """exp, iat and nbf are there, and bound the object's life to 60 minutes."""
    moment, skew, longest = now().timestamp(), CLOCK_SKEW.total_seconds(), _LONGEST.total_seconds()
    expires, issued, starts = (_time(asked, name) for name in ("exp", "iat", "nbf"))
    if expires <= moment - skew or expires - starts > longest:
        raise _refused("ciba-exp", came=expires, expected="a time to come, within 60 minutes of nbf")
    if not moment - longest - skew <= starts <= moment + skew:
        raise _refused("ciba-nbf", came=starts, expected="a time of the last 60 minutes")
    if issued > moment + skew:
        raise _refused("ciba-iat", came=issued, expected="a time that has come")


def check_single_use(asked: Asked) -> None:
    """jti is there, and was not seen before."""
    identifier = asked.values.get("jti")
    if not isinstance(identifier, str) or not identifier:
        raise _refused("ciba-jti", came=identifier, expected="a jti")
    until = now() + _LONGEST + 2 * CLOCK_SKEW
    again = _refused("ciba-jti", came=identifier, expected="a jti not used before")
    use_once(Use(("ciba-request", asked.client.pk, identifier), until, again))


def check_scope(asked: Asked) -> None:
    """scope holds openid; what the client may not have is left out."""
    wanted = _text(asked, "scope").split()
    if "openid" not in wanted:
        raise _refused("ciba-scope", error="invalid_scope", came=" ".join(wanted), expected="openid")
    allowed = set(asked.client.scopes) - {"offline_access"}
    allowed |= {"offline_access"} if asked.client.offline_access else set()
    asked.scope = [scope for scope in dict.fromkeys(wanted) if scope in allowed]


def check_acr(asked: Asked) -> None:
    """At least one of acr_values, where there are any, can be reached here."""
    wanted = _text(asked, "acr_values").split() or asked.client.default_acr_values
    if wanted and not any(level_of(value) in ATTAINABLE for value in wanted):
        raise _refused("ciba-acr", came=" ".join(wanted), expected="an acr of acr_values_supported")
    asked.acr_values = wanted


def check_message(asked: Asked) -> None:
    """The binding message is short plain text (CIBA section 7.1)."""
    message = asked.values.get("binding_message", "")
    if not isinstance(message, str) or len(message) > _MESSAGE_LENGTH or not message.isprintable():
        raise _refused(
            "ciba-message",
            error="invalid_binding_message",
            came=message,
            expected=f"at most {_MESSAGE_LENGTH} printable characters",
        )
    asked.binding_message = message


def check_notification(asked: Asked) -> None:
    """A client that is called back gives the token to call it with, of 128 bits or more."""
    if asked.client.backchannel_token_delivery_mode != Mode.PING:
        return
    token = _text(asked, "client_notification_token")
    if len(token) not in _TOKEN_LENGTH or not token.isascii() or " " in token:
        raise _refused(
            "ciba-notification-token", came=f"{len(token)} characters", expected="22 to 1024 of a token"
        )
    asked.notification_token = token


def check_expiry(asked: Asked) -> None:
    """requested_expiry is a positive number; it can shorten the request's life only."""
    value = asked.values.get("requested_expiry")
    if value is None:
        return
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value[:9])
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _refused("ciba-expiry", came=value, expected="a positive number of seconds")
    asked.life = min(BACKCHANNEL_REQUEST, timedelta(seconds=min(value, 86400)))


def check_hint(asked: Asked) -> None:
    """Exactly one hint, and it names an active person (CIBA section 7.1)."""
    given = [name for name in _HINTS if name in asked.values]
    if len(given) != 1:
        raise _refused("ciba-one-hint", came=given, expected="exactly one hint")
    if given == ["login_hint_token"]:
        raise _refused("ciba-one-hint", came=given, expected="login_hint or id_token_hint")
    asked.subject = find_hinted(asked.client, given[0], _text(asked, given[0]))


RULES: list[Callable[[Asked], None]] = [
    check_offered,
    open_signed_request,
    check_names,
    check_times,
    check_single_use,
    check_scope,
    check_acr,
    check_message,
    check_notification,
    check_expiry,
    check_hint,
]


def read_request(client: RelyingParty, parameters: Mapping[str, str]) -> Asked:
    """Return what is asked once every rule has passed; raises RequestRefused at the first that is broken."""
    asked = Asked(client, parameters)
    for rule in RULES:
        rule(asked)
    return asked


def _algorithms(client: RelyingParty) -> tuple[str, ...]:
    registered = client.backchannel_authentication_request_signing_alg
    return (registered,) if registered in FAPI2_SIGNING else FAPI2_SIGNING


def _time(asked: Asked, name: str) -> float:
    value = asked.values.get(name)
    if not is_number(value):
        raise _refused(f"ciba-{name}", came=value, expected="a time")
    return value


def _text(asked: Asked, name: str) -> str:
    value = asked.values.get(name, "")
    if not isinstance(value, str):
        raise _refused(f"ciba-{name.replace('_', '-')}", came=value, expected="text")
    return value


def _refused(rule: str, *, came: object, expected: str, error: str = "invalid_request") -> RequestRefused:
    return RequestRefused(
        error,
        "The backchannel authentication request cannot be used.",
        rule=rule,
        came=came,
        expected=expected,
    )
