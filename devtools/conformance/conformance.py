"""A sandbox tenant for the OpenID Foundation's conformance suite: its relying parties, and the suite's files.

docs/openid-certification.md tells how the suite is run with them.
"""

import secrets
from typing import Any

from django.conf import settings
from django.db import transaction
from joserfc.jwk import ECKey

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.clients.services import add_secret, change, live_secrets, register, revoke_secret
from authsvc.oidc.offering.options import set_options
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from devtools.conformance.suite_browser import browser_of, overrides_of

SLUG = "conformance"
ALIAS = "visor"
ACTOR = "conformance set-up"
Method = RelyingParty.Authentication
_KEY_CLIENT: dict[str, Any] = {
    "token_endpoint_auth_method": Method.PRIVATE_KEY_JWT,
    "profile": RelyingParty.Profile.FAPI2,
    "id_token_signed_response_alg": "ES256",
    "dpop_bound_access_tokens": True,
}
_SIGNING_CLIENT: dict[str, Any] = {**_KEY_CLIENT, "require_signed_request_object": True}


@transaction.atomic
def build_conformance(*, suite: str) -> dict[str, dict[str, Any]]:
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
        set_options(
            actor=ACTOR, dynamic_registration=True, open_registration=True, sandbox_authenticator=True
        )
        return {
            "basic.json": _configuration(
                suite,
                client=_with_secret(suite, "basic-1"),
                client2=_with_secret(suite, "basic-2"),
                client_secret_post=_with_secret(suite, "basic-post", token_endpoint_auth_method=Method.POST),
            ),
            "dynamic.json": _configuration(suite, client={"client_name": "Dynamic"}),
            "front-channel.json": _configuration(
                suite,
                client=_with_secret(
                    suite, "front-channel", frontchannel_logout_uri=f"{_base(suite)}frontchannel_logout"
                ),
            ),
            "fapi2-security.json": _fapi2(suite, "security", _KEY_CLIENT),
            "fapi2-message-signing.json": _fapi2(suite, "signing", _SIGNING_CLIENT),
        }


def _fapi2(suite: str, name: str, fields: dict[str, Any]) -> dict[str, Any]:
    # The suite calls a protected resource with the token; userinfo is the provider's own.
    return _configuration(
        suite,
        client=_with_key(suite, f"{name}-1", **fields),
        client2=_with_key(suite, f"{name}-2", **fields),
        resource={"resourceUrl": f"{_issuer()}userinfo"},
    )


def _configuration(suite: str, **parts: Any) -> dict[str, Any]:
    return {
        "alias": ALIAS,
        "description": "Visor, tenant of the conformance suite",
        "server": {
            "discoveryUrl": f"{_issuer()}.well-known/openid-configuration",
            "acr_values": "urn:visor:L2",
        },
        **parts,
        "browser": browser_of(_issuer(), suite),
        "override": overrides_of(_issuer(), suite),
    }


def _issuer() -> str:
    return f"{settings.BASE_URL}/t/{SLUG}/"


def _base(suite: str) -> str:
    return f"{suite}/test/a/{ALIAS}/"


def _with_secret(suite: str, name: str, **fields: Any) -> dict[str, Any]:
    party = _party(suite, name, **fields)
    for old in live_secrets(party):
        revoke_secret(secret=old, actor=ACTOR)
    return {"client_id": party.client_id, "client_secret": add_secret(party=party, actor=ACTOR)[1]}


def _with_key(suite: str, name: str, **fields: Any) -> dict[str, Any]:
    key = ECKey.generate_key("P-256", {"kid": secrets.token_hex(8), "use": "sig", "alg": "ES256"})
    party = _party(suite, name, jwks={"keys": [key.as_dict(private=False)]}, **fields)
    return {
        "client_id": party.client_id,
        "scope": "openid profile email",
        "jwks": {"keys": [key.as_dict(private=True)]},
        "dpop_signing_alg": "ES256",
    }


def _party(suite: str, name: str, **fields: Any) -> RelyingParty:
    base = _base(suite)
    metadata = {
        "name": f"Conformance suite, {name}",
        # The FAPI plans send the second client back with a query that has to stay as it is.
        "redirect_uris": [f"{base}callback", f"{base}callback?dummy1=lorem&dummy2=ipsum"],
        "post_logout_redirect_uris": [f"{base}post_logout_redirect"],
        "backchannel_logout_uri": f"{base}backchannel_logout",
        "scopes": ["openid", "profile", "email", "address", "phone", "offline_access"],
        "offline_access": True,
        **fields,
    }
    known = RelyingParty.objects.filter(client_id=f"conformance-{name}").first()
    if known is not None:
        return change(party=known, actor=ACTOR, **metadata)
    return register(actor=ACTOR, client_id=f"conformance-{name}", **metadata)[0]
