"""What a tenant's own provider says of itself (OpenID Connect Discovery 1.0), fetched from outside safely."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

from authsvc.core.fetch import Fetched, FetchRefused, fetch
from authsvc.core.remembered import Remembered
from authsvc.core.strictjson import parse_json
from authsvc.federation.refused import ProviderAway
from authsvc.oidc.proofs.outbound import turn_of

_OK: Final = 200
_POST: Final = "client_secret_post"
_BASIC: Final = "client_secret_basic"


@dataclass(frozen=True)
class OutsideProvider:
    """Where a provider stands. `names_itself` is whether its answers bear its issuer (RFC 9207).

    `posts_secret` is whether it takes a client's secret in the body alone.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    names_itself: bool
    posts_secret: bool


_known: Remembered[str, OutsideProvider] = Remembered(seconds=300, capacity=1000)


def provider_of(issuer: str) -> OutsideProvider:
    """Return what the provider of this issuer says of itself; raises ProviderAway."""
    return _known.get_or_make(issuer, lambda: _discover(issuer))


def call(url: str, **how: Any) -> Fetched:
    """Call an address that a tenant's provider named; raises ProviderAway.

    No internal address, no redirect, bounded in size and time, one call at a time for each host.
    """
    try:
        with turn_of(url):
            return fetch(url, allow_loopback=settings.ALLOW_LOOPBACK_FETCH, **how)
    except FetchRefused as problem:
        raise ProviderAway(detail=f"{url}: {problem}") from None


def object_in(answer: Fetched, what: str) -> dict[str, Any]:
    """Return the JSON object of an answer that is one; raises ProviderAway."""
    try:
        found = parse_json(answer.body)
    except ValueError as problem:
        raise ProviderAway(detail=f"{what}: {problem}") from None
    if answer.status != _OK or not isinstance(found, dict):
        raise ProviderAway(detail=f"{what} answers {answer.status} with {type(found).__name__}")
    return found


def _discover(issuer: str) -> OutsideProvider:
    address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    said = object_in(call(address), address)
    if said.get("issuer") != issuer:
        # Section 4.3: whoever answers for another issuer could have its tokens taken for this one's.
        raise ProviderAway(detail=f"{address} is about the issuer {said.get('issuer')!r}, not {issuer!r}")
    methods = said.get("token_endpoint_auth_methods_supported") or [_BASIC]
    return OutsideProvider(
        issuer=issuer,
        authorization_endpoint=_endpoint(said, "authorization_endpoint"),
        token_endpoint=_endpoint(said, "token_endpoint"),
        jwks_uri=_endpoint(said, "jwks_uri"),
        userinfo_endpoint=_endpoint(said, "userinfo_endpoint") if "userinfo_endpoint" in said else "",
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
        posts_secret=_POST in methods and _BASIC not in methods,
    )


def _endpoint(said: dict[str, Any], name: str) -> str:
    """Return an address that may be called, or that a browser may be sent to; raises ProviderAway."""
    address = said.get(name)
    if not isinstance(address, str) or not may_be_called(address):
        raise ProviderAway(detail=f"{name} {address!r} is no https address")
    return address


def may_be_called(address: str) -> bool:
    """Tell whether an address is one of https; of http too where this machine itself may be called."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    schemes = {"https", "http"} if settings.ALLOW_LOOPBACK_FETCH else {"https"}
    return parts.scheme in schemes and bool(parts.hostname) and not parts.fragment
