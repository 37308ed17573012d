"""Provider metadata: complete, and true for this tenant right now (SB-06)."""

from typing import Any

from authsvc.assurance.acr import ALIASES, ATTAINABLE, acr_of
from authsvc.clients.models import RelyingParty
from authsvc.clients.validation.requests import SCOPES
from authsvc.keys.algorithms import SIGNING
from authsvc.oidc.authorize.rules.prompt import VALUES as PROMPTS
from authsvc.oidc.authorize.rules.response_mode import MODES
from authsvc.oidc.claims import PERSONAL_CLAIMS
from authsvc.oidc.issuer import endpoint, issuer_of
from authsvc.tenancy.models import Tenant

Method = RelyingParty.Authentication


def metadata_of(tenant: Tenant) -> dict[str, Any]:
    """Return the metadata of OpenID Connect Discovery 1.0 section 3 and RFC 8414 section 2."""
    methods = [Method.BASIC, Method.POST, Method.PRIVATE_KEY_JWT, Method.NONE]
    return {
        "issuer": issuer_of(tenant),
        "authorization_endpoint": endpoint(tenant, "authorize"),
        "token_endpoint": endpoint(tenant, "token"),
        "userinfo_endpoint": endpoint(tenant, "userinfo"),
        "jwks_uri": endpoint(tenant, "jwks"),
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": list(MODES),
        "grant_types_supported": ["authorization_code"],
        "acr_values_supported": _acr_values(),
        "subject_types_supported": ["pairwise", "public"],
        "id_token_signing_alg_values_supported": list(SIGNING),
        "userinfo_signing_alg_values_supported": list(SIGNING),
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": list(SIGNING),
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal"],
        "claims_supported": ["sub", "acr", "amr", "auth_time", *PERSONAL_CLAIMS],
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": list(PROMPTS),
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": ["en"],
    }


def _acr_values() -> list[str]:
    own = [acr_of(level) for level in ATTAINABLE]
    return own + [alias for alias, level in ALIASES.items() if level in ATTAINABLE]
