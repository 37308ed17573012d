"""Within the portal's process: an organisation for each application model that live people may use.

The set-up has made the first one, by the default model. Each gets a relying party and a person to enrol.
"""

import secrets
from dataclasses import asdict
from typing import Any, Final

from joserfc.jwk import ECKey

from authsvc.clients.services import register
from authsvc.core.application_models import APPLICATION_MODELS, ApplicationModel
from authsvc.enrolment.services import create_link
from authsvc.management.tenants import found_tenant
from authsvc.policy.services import publish_models
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from deploy.rehearse.people import Known
from devtools.demo.party import Registered

_ACTOR: Final = "rehearsal"
_PARTY: Final = "https://partner.example.org"
_SETTINGS: Final[dict[str, Any]] = {
    "name": "Harbour Vault",
    "purpose": "To open what you keep with us.",
    "floor_level": "L2",
    "profile": "fapi2",
    "require_pushed_authorization_requests": True,
    "id_token_signed_response_alg": "ES256",
    "token_endpoint_auth_method": "private_key_jwt",
    "dpop_bound_access_tokens": True,
    "scopes": ["openid"],
    "redirect_uris": [f"{_PARTY}/answer"],
}


def found(base_url: str, first: str) -> dict[str, Any]:
    """Make what is missing; return what those outside know, by the model's letter."""
    live = [row for row in APPLICATION_MODELS if not row.sandbox]
    return {row.letter: asdict(_organisation(row, base_url, first)) for row in live}


def _organisation(row: ApplicationModel, base_url: str, first: str) -> Known:
    slug = first if row.default else f"model-{row.letter.lower()}"
    tenant = Tenant.objects.filter(slug=slug).first() or found_tenant(
        slug=slug, name=f"Organisation of model {row.letter}", kind=Tenant.Kind.LIVE, actor=_ACTOR
    )
    with tenant_scope(tenant.id):
        publish_models(models=[row.letter], justification="It is rehearsed.", published_by=_ACTOR)
        party = _registered(f"{base_url}/t/{slug}/")
        person = Subject.objects.create(name="Person of the photographs", external_id="rehearsed")
        link = create_link(subject=person, created_by=_ACTOR)[1]
    return Known(link, party, compares=row.compares)


def _registered(issuer: str) -> Registered:
    key = ECKey.generate_key("P-256", {"kid": secrets.token_hex(8), "use": "sig", "alg": "ES256"})
    register(actor=_ACTOR, client_id="vault", jwks={"keys": [key.as_dict(private=False)]}, **_SETTINGS)
    return Registered(issuer, "vault", f"{_PARTY}/answer", dict(key.as_dict(private=True)))
