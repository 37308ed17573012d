"""The demonstration's rows: two sandbox tenants with relying parties, and people to enrol (SA-03).

| tenant | relying party | least level | the face |
|---|---|---|---|
| Demo Organisation, by MODEL | Harbour Credit Union, the site; it asks for L2 itself | L1 | optional |
| | Harbour Vault, a program under FAPI 2.0 | L2 | optional |
| | Harbour Vote, the site's client of liveness as a service | no sign-in | – |
| Demo Town, by another model | Town Library, a program | L1 | not offered |
| | Town Archive, a program | L2 | preferred |
"""

import secrets
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import transaction
from joserfc.jwk import ECKey

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.clients.services import change, register
from authsvc.enrolment.services import create_link
from authsvc.management.tenants import found_tenant
from authsvc.policy.services import current_policy, first_model, publish_models
from authsvc.subjects.models import Subject
from authsvc.tenancy.memberships.models import Membership
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from devtools.demo.party import Registered
from portal.accounts.models import User

SLUG = "demo"
TOWN = "town"
ADMIN = "admin@demo.example"
TOWN_ADMIN = "admin@town.example"
ACTOR = "demo set-up"
CLIENT_ID = "partner"
VAULT: dict[str, Any] = {
    "name": "Harbour Vault",
    "purpose": "To open what you keep with us.",
    "floor_level": "L2",
    "profile": "fapi2",
    "require_pushed_authorization_requests": True,
    "id_token_signed_response_alg": "ES256",
}
PRESENCE: dict[str, Any] = {
    "name": "Harbour Vote",
    "purpose": "To let people vote, and no machines.",
    "scopes": ["openid", "liveness"],
}
LIBRARY: dict[str, Any] = {
    "name": "Town Library",
    "purpose": "To lend you books.",
    "floor_level": "L1",
    "face_offered": False,
}
ARCHIVE: dict[str, Any] = {
    "name": "Town Archive",
    "purpose": "To show you what the town keeps about you.",
    "floor_level": "L2",
    "face": "preferred",
}


@transaction.atomic
def build_demo(*, partner_url: str, known: dict[str, Any], model: str) -> dict[str, Any]:
    """Create what is missing and return where everything is; `known` is what the last run returned.

    New faces of the first tenant are kept by the application model with this letter, those of the second by
    another one; raises ValueError where there is none. Each run makes fresh enrolment links: one for the
    software phone at each tenant, one to try with a webcam.
    """
    parties = known.get("parties", {})
    first, second = _tenant(SLUG, "Demo Organisation"), _tenant(TOWN, "Demo Town")
    with tenant_scope(first.id):
        _keep_by(model)
        places = {
            "model": model,
            "issuer": _issuer(SLUG),
            "portal": f"{settings.BASE_URL}/portal/",
            "partner": partner_url,
            "start": f"{partner_url}{_first_page()}",
            "client_id": CLIENT_ID,
            "client_secret": _partner(partner_url) or known.get("client_secret", ""),
            "admin": _admin(first, ADMIN, known.get("admin", {})),
            "enrolment_url": _link("Person of the photographs"),
            "webcam_enrolment_url": _link("You"),
            "parties": {
                "vault": _program(SLUG, "vault", VAULT, partner_url, parties),
                "presence": _program(SLUG, "presence", PRESENCE, partner_url, parties),
            },
        }
    with tenant_scope(second.id):
        return {**places, "town": _town(second, partner_url, known.get("town", {}), other_than=model)}


def _town(tenant: Tenant, partner_url: str, known: Mapping[str, Any], *, other_than: str) -> dict[str, Any]:
    model = next(letter for letter in ("B", "G") if letter != other_than)
    _keep_by(model)
    parties = known.get("parties", {})
    return {
        "model": model,
        "issuer": _issuer(TOWN),
        "admin": _admin(tenant, TOWN_ADMIN, known.get("admin", {})),
        "enrolment_url": _link("Person of the photographs"),
        "parties": {
            "library": _program(TOWN, "library", LIBRARY, partner_url, parties),
            "archive": _program(TOWN, "archive", ARCHIVE, partner_url, parties),
        },
    }


def _tenant(slug: str, name: str) -> Tenant:
    found = Tenant.objects.filter(slug=slug).first()
    return found or found_tenant(slug=slug, name=name, kind=Tenant.Kind.SANDBOX, actor=ACTOR)


def _issuer(slug: str) -> str:
    return f"{settings.BASE_URL}/t/{slug}/"


def _first_page() -> str:
    """Return the page that asks a person in: for their account, or that they are there."""
    if first_model().compares:
        return "/members"
    return "/oidc/authenticate/?presence=1&acr=urn:visor:L2&next=/members"


def _keep_by(model: str) -> None:
    """Let new faces be kept by a model, and those that were kept otherwise go on counting."""
    before = current_policy().models
    models = [model, *(letter for letter in before if letter != model)]
    publish_models(models=models, justification="The demonstration shows it.", published_by=ACTOR)


def _admin(tenant: Tenant, email: str, known: Mapping[str, str]) -> dict[str, str]:
    """Return how the tenant's administrator signs in; the password is known from the run that made them."""
    if User.objects.filter(email=email).exists():
        return {"email": email, "password": known.get("password", "")}
    password = secrets.token_urlsafe(12)
    user = User.objects.create_user(email, password, name="Administrator")
    Membership.objects.create(user=user, tenant=tenant, role=Role.OWNER)
    return {"email": email, "password": password}


def _partner(url: str) -> str:
    if RelyingParty.objects.filter(client_id=CLIENT_ID).exists():
        return ""
    _, secret = register(
        actor=ACTOR,
        client_id=CLIENT_ID,
        name="Harbour Credit Union",
        purpose="To show your account to you and to nobody else.",
        redirect_uris=[f"{url}/oidc/callback/"],
        post_logout_redirect_uris=[f"{url}/"],
        backchannel_logout_uri=f"{url}/oidc/backchannel-logout/",
        scopes=["openid", "profile", "email"],
    )
    return secret or ""


def _program(
    slug: str, client_id: str, fields: Mapping[str, Any], partner_url: str, known: Mapping[str, Any]
) -> dict[str, Any]:
    """Register a relying party without pages, which holds a key, and return how it is known.

    The key is that of the run before, where that is known.
    """
    key = known.get(client_id, {}).get("key") or _new_key()
    keys = {"keys": [ECKey.import_key(key).as_dict(private=False)]}
    answer = f"{partner_url}/answers/{client_id}"
    there = RelyingParty.objects.filter(client_id=client_id).first()
    if there is None:
        proof = {"token_endpoint_auth_method": "private_key_jwt", "dpop_bound_access_tokens": True}
        made = {**proof, "scopes": ["openid"], **fields, "redirect_uris": [answer], "jwks": keys}
        register(actor=ACTOR, client_id=client_id, **made)
    elif there.jwks != keys:
        change(party=there, actor=ACTOR, jwks=keys)
    return asdict(Registered(_issuer(slug), client_id, answer, key))


def _new_key() -> dict[str, Any]:
    key = ECKey.generate_key("P-256", {"kid": secrets.token_hex(8), "use": "sig", "alg": "ES256"})
    return dict(key.as_dict(private=True))


def _link(name: str) -> str:
    subject, created = Subject.objects.get_or_create(
        external_id=name.lower().replace(" ", "-"), defaults={"name": name}
    )
    if created:
        record(Tag.SUBJECT_CREATED, actor=ACTOR, subject=str(subject.id))
    return create_link(subject=subject, created_by=ACTOR)[1]
