"""A tenant with one of everything that an administrative act can be done to."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from authsvc.clients.models import ClientSecret, RelyingParty
from authsvc.clients.services import register
from authsvc.core.clock import now
from authsvc.devices.models import Device
from authsvc.enrolment.models import EnrolmentLink
from authsvc.enrolment.services import create_link
from authsvc.keys.models import SigningKey
from authsvc.keys.schedule import STAGE_FOR
from authsvc.keys.signing import ensure_keys
from authsvc.management.actors import Member
from authsvc.oidc.models import InitialAccessToken
from authsvc.oidc.offering.options import trust_statements
from authsvc.oidc.registration.access import issue_initial_token
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from portal.accounts.models import User
from tests.factories import make_consent, make_device, make_subject, make_tenant
from tests.provider.tokens import key_set, new_key
from tests.tenancy.people import make_user

TRUSTED = "https://trusted.example"


@dataclass(frozen=True)
class Estate:
    """The tenant in whose scope the test runs, and its rows."""

    tenant: Tenant
    person: Subject
    device: Device
    link: EnrolmentLink
    party: RelyingParty
    secret: ClientSecret
    token: InitialAccessToken
    key: SigningKey
    newcomer: User


@pytest.fixture
def estate(db: None) -> Iterator[Estate]:
    """One of everything."""
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        yield _filled(tenant)


def _filled(tenant: Tenant) -> Estate:
    person = make_subject(name="Ada")
    make_consent(person)
    party, _ = register(name="Partner", redirect_uris=["https://partner.example/cb"], scopes=["openid"])
    issue_initial_token(note="Harbour")
    trust_statements(issuer=TRUSTED, keys=key_set(new_key()))
    ensure_keys(["ES256"])
    SigningKey.objects.filter(state=SigningKey.State.NEXT).update(state_changed_at=now() - STAGE_FOR)
    return Estate(
        tenant=tenant,
        person=person,
        device=make_device(person),
        link=create_link(subject=person, created_by="a test")[0],
        party=party,
        secret=party.secrets.get(),
        token=InitialAccessToken.objects.get(),
        key=SigningKey.objects.get(state=SigningKey.State.CURRENT),
        newcomer=make_user(),
    )


def member(*memberships: tuple[Tenant, str]) -> Member:
    """Return a user with these roles, as acts know one."""
    user = make_user(*memberships)
    return Member(user_id=user.pk, name=user.email)
