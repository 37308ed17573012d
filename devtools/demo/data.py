"""The demonstration's rows: a sandbox tenant, its administrator, two relying parties and people to enrol."""

import secrets
from typing import Any

from django.conf import settings
from django.db import transaction

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.clients.services import register
from authsvc.enrolment.services import create_link
from authsvc.management.tenants import found_tenant
from authsvc.subjects.models import Subject
from authsvc.tenancy.memberships.models import Membership
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from portal.accounts.models import User

SLUG = "demo"
ADMIN = "admin@demo.example"
ACTOR = "demo set-up"
CLIENT_ID = "partner"


@transaction.atomic
def build_demo(*, partner_url: str, known: dict[str, Any]) -> dict[str, Any]:
    """Create what is missing and return where everything is; `known` is what the last run returned.

    Each run makes fresh enrolment links: one for the software phone, one to try with a webcam.
    """
    tenant = Tenant.objects.filter(slug=SLUG).first() or found_tenant(
        slug=SLUG, name="Demo Organisation", kind=Tenant.Kind.SANDBOX, actor=ACTOR
    )
    with tenant_scope(tenant.id):
        return {
            "issuer": f"{settings.BASE_URL}/t/{SLUG}/",
            "portal": f"{settings.BASE_URL}/portal/",
            "partner": partner_url,
            "client_id": CLIENT_ID,
            "client_secret": _partner(partner_url) or known.get("client_secret", ""),
            "admin": {
                "email": ADMIN,
                "password": _admin(tenant) or known.get("admin", {}).get("password", ""),
            },
            "enrolment_url": _link("Person of the photographs"),
            "webcam_enrolment_url": _link("You"),
        }


def _admin(tenant: Tenant) -> str:
    if User.objects.filter(email=ADMIN).exists():
        return ""
    password = secrets.token_urlsafe(12)
    user = User.objects.create_user(ADMIN, password, name="Administrator")
    Membership.objects.create(user=user, tenant=tenant, role=Role.OWNER)
    return password


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


def _link(name: str) -> str:
    subject, created = Subject.objects.get_or_create(
        external_id=name.lower().replace(" ", "-"), defaults={"name": name}
    )
    if created:
        record(Tag.SUBJECT_CREATED, actor=ACTOR, subject=str(subject.id))
    return create_link(subject=subject, created_by=ACTOR)[1]
