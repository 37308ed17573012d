"""A sandbox tenant for the OpenID Foundation's conformance suite: its relying parties, and the suite's files.

docs/openid-certification.md tells how the suite is run with them.
"""

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from authsvc.assurance.acr import acr_of
from authsvc.assurance.levels import Level
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.keys.algorithms import SIGNING
from authsvc.keys.signing import ensure_keys
from authsvc.oidc.offering.options import set_options
from authsvc.oidc.offering.persons import test_persons
from authsvc.policy.services import store_shipped_policy
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from devtools.conformance.parties import ACTOR, Method, Place, with_key, with_secret
from devtools.conformance.suite_browser import browser_of, overrides_of

SLUG = "conformance"
_ACR = acr_of(Level.L2)
Content = dict[str, Any]
_Mode = RelyingParty.BackchannelMode

_FAPI2: Content = {
    "token_endpoint_auth_method": Method.PRIVATE_KEY_JWT,
    "profile": RelyingParty.Profile.FAPI2,
    "id_token_signed_response_alg": "ES256",
    "dpop_bound_access_tokens": True,
}
_FAPI2_SIGNING: Content = {**_FAPI2, "require_signed_request_object": True}
# The certificate binds the tokens here, and proves the client.
_FAPI2_TLS: Content = {
    **_FAPI2,
    "token_endpoint_auth_method": Method.SELF_SIGNED_TLS,
    "dpop_bound_access_tokens": False,
    "tls_client_certificate_bound_access_tokens": True,
}
# FAPI-CIBA rests on FAPI 1.0, whose assertions name the endpoint that they go to.
_CIBA: Content = {
    "token_endpoint_auth_method": Method.PRIVATE_KEY_JWT,
    "token_endpoint_auth_signing_alg": "ES256",
    "backchannel_token_delivery_mode": _Mode.POLL,
    "backchannel_authentication_request_signing_alg": "ES256",
    "id_token_signed_response_alg": "ES256",
    "tls_client_certificate_bound_access_tokens": True,
}
_CIBA_TLS: Content = {**_CIBA, "token_endpoint_auth_method": Method.SELF_SIGNED_TLS}


@transaction.atomic
def build_conformance(*, suite: str) -> dict[str, Content]:
    """Create or renew the tenant and its relying parties; return a configuration of the suite by file name.

    `suite` is the suite's own address. Each run gives every relying party a fresh secret or key. Raises
    OptionRefused where a live tenant has the name.
    """
    tenant, created = Tenant.objects.get_or_create(
        slug=SLUG, defaults={"name": "Conformance", "kind": Tenant.Kind.SANDBOX}
    )
    with tenant_scope(tenant.id):
        if created:
            record(Tag.TENANT_CREATED, actor=ACTOR)
            store_shipped_policy(published_by=ACTOR)
        set_options(
            actor=ACTOR, dynamic_registration=True, open_registration=True, sandbox_authenticator=True
        )
        # The suite reads the key set before it registers a client, and never again.
        ensure_keys(SIGNING, actor=ACTOR)
        return {f"{file}.json": _configuration(Place(suite, file), make) for file, make in _FILES.items()}


def _basic(place: Place) -> Content:
    return {
        "client": with_secret(place, "basic-1"),
        "client2": with_secret(place, "basic-2"),
        "client_secret_post": with_secret(place, "basic-post", token_endpoint_auth_method=Method.POST),
    }


def _dynamic(_place: Place) -> Content:
    return {"client": {"client_name": "Dynamic"}}


def _logout(place: Place) -> Content:
    return {"client": with_secret(place, "rp-logout")}


def _back_channel(place: Place) -> Content:
    uri = f"{place.base}backchannel_logout"
    return {"client": with_secret(place, "back-channel", backchannel_logout_uri=uri)}


def _front_channel(place: Place) -> Content:
    uri = f"{place.base}frontchannel_logout"
    return {"client": with_secret(place, "front-channel", frontchannel_logout_uri=uri)}


def _fapi(name: str, fields: Content) -> Callable[[Place], Content]:
    def made(place: Place) -> Content:
        first, second = (with_key(place, f"{name}-{number}", **fields) for number in (1, 2))
        return {
            "client": first.client,
            "client2": second.client,
            "mtls": first.certificate,
            "mtls2": second.certificate,
            # The suite calls a protected resource with the token; userinfo is the provider's own.
            "resource": {"resourceUrl": f"{_issuer()}userinfo"},
        }

    return made


def _ciba(name: str, fields: Content, *, ping: bool = False) -> Callable[[Place], Content]:
    def made(place: Place) -> Content:
        called = {
            "backchannel_token_delivery_mode": _Mode.PING,
            "backchannel_client_notification_endpoint": f"{place.base}ciba-notification-endpoint",
        }
        content = _fapi(name, {**fields, **(called if ping else {})})(place)
        asked = {
            "hint_type": "login_hint",
            "hint_value": test_persons()[0].external_id,
            "acr_value": _ACR,
        }
        return {
            **content,
            "client": {**content["client"], **asked},
            "client2": {**content["client2"], **asked},
            # The suite fills in both names.
            "automated_ciba_approval_url": (
                f"{_issuer()}sandbox-approval?auth_req_id={{auth_req_id}}&action={{action}}"
            ),
        }

    return made


_FILES: Final[dict[str, Callable[[Place], Content]]] = {
    "basic": _basic,
    "dynamic": _dynamic,
    "rp-logout": _logout,
    "back-channel": _back_channel,
    "front-channel": _front_channel,
    "fapi2-security": _fapi("security", _FAPI2),
    "fapi2-security-mtls": _fapi("security-mtls", _FAPI2_TLS),
    "fapi2-message-signing": _fapi("signing", _FAPI2_SIGNING),
    "fapi-ciba-poll": _ciba("ciba-poll", _CIBA),
    "fapi-ciba-ping": _ciba("ciba-ping", _CIBA, ping=True),
    "fapi-ciba-mtls": _ciba("ciba-mtls", _CIBA_TLS),
}


def _configuration(place: Place, make: Callable[[Place], Content]) -> Content:
    return {
        "alias": place.alias,
        "description": f"Visor, tenant of the conformance suite, {place.file}",
        "server": {
            "discoveryUrl": f"{_issuer()}.well-known/openid-configuration",
            "acr_values": _ACR,
        },
        **make(place),
        "browser": browser_of(_issuer(), place.suite),
        "override": overrides_of(_issuer(), place.suite),
    }


def _issuer() -> str:
    return f"{settings.BASE_URL}/t/{SLUG}/"
