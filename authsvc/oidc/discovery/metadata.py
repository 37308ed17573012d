"""Provider metadata: complete, and true for this tenant right now (SB-06)."""

from typing import Any

from django.conf import settings

from authsvc.assurance.acr import ALIASES, acr_of
from authsvc.biometrics.thresholds import faces_count
from authsvc.clients.grant_types import GRANT_TYPES
from authsvc.clients.models import RelyingParty
from authsvc.clients.scopes import SCOPES
from authsvc.keys.algorithms import CONTENT_ENCRYPTION, FAPI2_SIGNING, KEY_MANAGEMENT, SIGNING, UNSIGNED
from authsvc.oidc.offering.provider import provider_options
from authsvc.oidc.proofs.dpop import ALGORITHMS as DPOP_ALGORITHMS
from authsvc.oidc.requests.rules.prompt import VALUES as PROMPTS
from authsvc.oidc.requests.rules.response_mode import MODES
from authsvc.oidc.tokens.claims import PERSONAL_CLAIMS
from authsvc.oidc.wire.addresses import endpoint, issuer_of
from authsvc.policy.reach import attainable
from authsvc.policy.services import handoff_digits
from authsvc.tenancy.models import Tenant

Method = RelyingParty.Authentication


def metadata_of(tenant: Tenant) -> dict[str, Any]:
    """Return the metadata of OpenID Connect Discovery 1.0 section 3 and RFC 8414 section 2."""
    methods = [*_confidential_methods(), Method.NONE]
    return {
        "issuer": issuer_of(tenant),
        "authorization_endpoint": endpoint(tenant, "authorize"),
        "token_endpoint": endpoint(tenant, "token"),
        "userinfo_endpoint": endpoint(tenant, "userinfo"),
        "pushed_authorization_request_endpoint": endpoint(tenant, "par"),
        "introspection_endpoint": endpoint(tenant, "introspect"),
        "backchannel_authentication_endpoint": endpoint(tenant, "backchannel-authentication"),
        "backchannel_token_delivery_modes_supported": ["poll", "ping"],
        "backchannel_authentication_request_signing_alg_values_supported": list(FAPI2_SIGNING),
        "backchannel_user_code_parameter_supported": False,
        "revocation_endpoint": endpoint(tenant, "revoke"),
        "end_session_endpoint": endpoint(tenant, "end-session"),
        "jwks_uri": endpoint(tenant, "jwks"),
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": list(MODES),
        "grant_types_supported": list(GRANT_TYPES),
        "acr_values_supported": _acr_values(),
        "subject_types_supported": ["pairwise", "public"],
        "id_token_signing_alg_values_supported": list(SIGNING),
        "userinfo_signing_alg_values_supported": list(SIGNING),
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": list(SIGNING),
        "introspection_endpoint_auth_methods_supported": methods[:-1],
        "introspection_endpoint_auth_signing_alg_values_supported": list(SIGNING),
        "introspection_signing_alg_values_supported": list(SIGNING),
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": list(SIGNING),
        "id_token_encryption_alg_values_supported": list(KEY_MANAGEMENT),
        "id_token_encryption_enc_values_supported": list(CONTENT_ENCRYPTION),
        "userinfo_encryption_alg_values_supported": list(KEY_MANAGEMENT),
        "userinfo_encryption_enc_values_supported": list(CONTENT_ENCRYPTION),
        "authorization_signing_alg_values_supported": list(SIGNING),
        "dpop_signing_alg_values_supported": list(DPOP_ALGORITHMS),
        "require_pushed_authorization_requests": False,
        "require_signed_request_object": False,
        "tls_client_certificate_bound_access_tokens": bool(settings.TRUSTED_PROXIES),
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal"],
        "claims_supported": _claims(),
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        # RFC 8707 has no name for it; others say it like this.
        "request_object_signing_alg_values_supported": [*SIGNING, UNSIGNED],
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": list(PROMPTS),
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "ui_locales_supported": ["en"],
        **_registration(tenant),
    }


def _registration(tenant: Tenant) -> dict[str, str]:
    if not provider_options().dynamic_registration:
        return {}
    return {"registration_endpoint": endpoint(tenant, "register")}


def _confidential_methods() -> list[str]:
    methods = [Method.BASIC, Method.POST, Method.PRIVATE_KEY_JWT]
    # Certificates come through a proxy; without one that is trusted they cannot work.
    if settings.TRUSTED_PROXIES:
        methods += [Method.TLS, Method.SELF_SIGNED_TLS]
    return [str(method) for method in methods]


def _claims() -> list[str]:
    return ["sub", "acr", "amr", *_of_a_face(), *_of_two_devices(), "auth_time", *PERSONAL_CLAIMS]


def _of_a_face() -> list[str]:
    """Return the claims that only a face brings, while faces count here."""
    return ["face", "presence"] if faces_count() else []


def _of_two_devices() -> list[str]:
    """Return the claim that only a hand-off brings, while the tenant's policy has a number for one."""
    return ["handoff"] if handoff_digits() else []


def _acr_values() -> list[str]:
    levels = attainable()
    return [acr_of(level) for level in levels] + [name for name, level in ALIASES.items() if level in levels]
