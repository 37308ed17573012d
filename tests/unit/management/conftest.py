"""A tenant with one of everything that an administrative act can be done to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

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
from authsvc.management.approvals import LIFE
from authsvc.management.freezing import digest_of, frozen
from authsvc.management.models import Approval
from authsvc.oidc.models import InitialAccessToken
from authsvc.oidc.offering.options import trust_statements
from authsvc.oidc.registration.access import issue_initial_token
from authsvc.subjects.models import Subject
from authsvc.tenancy.memberships.models import Invitation, Membership
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
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
    colleague: Membership
    disabled: Membership
    invitation: Invitation
    asked: Approval
    asked_about: Approval


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
        colleague=make_user((tenant, Role.ADMIN)).memberships.get(),
        disabled=_disabled(tenant),
        asked=_asked(tenant),
        asked_about=_asked(tenant, "people.create_link", {"subject": person}),
        invitation=Invitation.objects.create(
            email="invited@example.org", role=Role.ADMIN, digest="0" * 64, expires_at=now() + STAGE_FOR
        ),
    )


REGISTERED = {"name": "Asked for", "redirect_uris": ["https://asked.example/cb"]}


def _asked(
    tenant: Tenant, act: str = "relying_parties.register", given: Mapping[str, Any] = REGISTERED
) -> Approval:
    by = member((tenant, Role.ADMIN))
    moment, kept = now(), frozen(given)
    return Approval.objects.create(
        act=act,
        arguments=kept,
        digest=digest_of(act, kept),
        why="a test",
        asked_by=by.user_id,
        asked_by_name=by.name,
        asked_at=moment,
        expires_at=moment + LIFE,
    )


def _disabled(tenant: Tenant) -> Membership:
    found = make_user((tenant, Role.ADMIN)).memberships.get()
    found.disabled_at = now()
    found.save()
    return found


def member(*memberships: tuple[Tenant, str], ago: timedelta | None = timedelta(0)) -> Member:
    """Return a user with these roles, as acts know one, who proved it so long ago, None for never."""
    user = make_user(*memberships)
    return Member(user_id=user.pk, name=user.email, proven_at=None if ago is None else now() - ago)


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    """A live tenant, in whose scope the test runs."""
    made = make_tenant(kind=Tenant.Kind.LIVE)
    with tenant_scope(made.id):
        yield made


@pytest.fixture
def ada(tenant: Tenant) -> Member:
    """Who asks."""
    return member((tenant, Role.ADMIN))


@pytest.fixture
def grace(tenant: Tenant) -> Member:
    """Who may agree."""
    return member((tenant, Role.OWNER))
