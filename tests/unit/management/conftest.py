"""A tenant with one of everything that an administrative act can be done to."""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test.utils import override_settings

from authsvc.clients.models import ClientSecret, RelyingParty
from authsvc.clients.services import register
from authsvc.core.clock import now
from authsvc.core.components import Component
from authsvc.devices.models import Device
from authsvc.enrolment.models import EnrolmentLink, PeopleImport
from authsvc.enrolment.services import create_link
from authsvc.hosts.models import Host
from authsvc.keys.models import SigningKey
from authsvc.keys.schedule import STAGE_FOR
from authsvc.keys.signing import ensure_keys
from authsvc.management import identities, importing, self_enrolment, single_sign_on
from authsvc.management.actors import COMMAND_LINE, Member, System
from authsvc.management.approvals import LIFE
from authsvc.management.freezing import digest_of, frozen
from authsvc.management.models import Approval, PolicyDraft
from authsvc.oidc.models import InitialAccessToken
from authsvc.oidc.offering.options import trust_statements
from authsvc.oidc.registration.access import issue_initial_token
from authsvc.policy.models import PolicyVersion
from authsvc.policy.services import store_shipped_policy
from authsvc.reach.models import Subscription
from authsvc.reach.subscriptions import Address, subscribe
from authsvc.subjects.models import Subject
from authsvc.tenancy.memberships.models import Identity, Invitation, Membership
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from portal.accounts.models import User
from tests.factories import (
    OWN_PROVIDER,
    PEOPLE_PROVIDER,
    make_consent,
    make_device,
    make_host,
    make_subject,
    make_tenant,
)
from tests.provider.push_service import TakesPushes
from tests.provider.tokens import key_set, new_key
from tests.tenancy.people import make_user

TRUSTED = "https://trusted.example"
REGION = "eu-central"
LOGO = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A PNG of one point."""


ADDRESS = Address(**TakesPushes("https://fcm.googleapis.com/fcm/send/abc").form)


IN_A_REGION = (Component("store", region=REGION), Component("keys", region=REGION))
TABLE = b"name,number\nGrace Hopper,P-9\n"


@dataclass(frozen=True)
class Estate:
    """The tenant in whose scope the test runs, and its rows."""

    tenant: Tenant
    person: Subject
    device: Device
    subscription: Subscription
    link: EnrolmentLink
    party: RelyingParty
    secret: ClientSecret
    token: InitialAccessToken
    key: SigningKey
    version: PolicyVersion
    newcomer: User
    colleague: Membership
    disabled: Membership
    invitation: Invitation
    identity: Identity
    asked: Approval
    asked_about: Approval
    table: PeopleImport


@pytest.fixture(scope="module")
def standing(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Estate, dict[Path, bytes]]]:
    """An estate of a file, and its keys; what a test does to it is taken back with its own transaction."""
    with django_db_blocker.unblock(), transaction.atomic():
        tenant = make_tenant()
        with override_settings(COMPONENTS=IN_A_REGION), tenant_scope(tenant.id):
            made = _filled(tenant)
        yield made, {path: path.read_bytes() for path in settings.KEY_STORE.rglob("*") if path.is_file()}
        transaction.set_rollback(True)


@pytest.fixture
def estate(standing: tuple[Estate, dict[Path, bytes]], db: None) -> Iterator[Estate]:
    """One of everything, in an installation whose store and key service are in a region."""
    made, keys = standing
    for path, content in keys.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    with override_settings(COMPONENTS=IN_A_REGION), tenant_scope(made.tenant.id):
        yield deepcopy(made)


def _filled(tenant: Tenant) -> Estate:
    person = make_subject(name="Ada")
    device = make_device(person)
    make_consent(person)
    party, _ = register(name="Partner", redirect_uris=["https://partner.example/cb"], scopes=["openid"])
    issue_initial_token(note="Harbour")
    trust_statements(issuer=TRUSTED, keys=key_set(new_key()))
    ensure_keys(["ES256"])
    make_host(tenant, "live.example.org")
    make_host(tenant, "asked.example.org", state=Host.State.ASKED, live_at=None)
    SigningKey.objects.filter(state=SigningKey.State.NEXT).update(state_changed_at=now() - STAGE_FOR)
    version = store_shipped_policy(published_by="a test")
    assert version is not None
    PolicyDraft.objects.create(changes={"least_age": 30}, saved_by="a test", saved_at=now())
    self_enrolment.configure(by=System("a test"), **PEOPLE_PROVIDER)
    provider = single_sign_on.configure(by=System("a test"), **OWN_PROVIDER)
    identities.link(provider, {"sub": "linked"}, user=make_user((tenant, Role.AUDITOR)))
    return Estate(
        identity=Identity.objects.get(),
        tenant=tenant,
        version=version,
        person=person,
        device=device,
        subscription=subscribe(device, ADDRESS),
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
        table=importing.check(by=COMMAND_LINE, name="people.csv", content=TABLE),
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
