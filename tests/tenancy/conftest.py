"""Two tenants full of rows, and the three people of the base test."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.clients.models import RelyingParty
from authsvc.clients.services import register
from authsvc.core.clock import now
from authsvc.core.ids import new_id, new_secret, secret_hash
from authsvc.enrolment.services import create_link
from authsvc.keys.models import SigningKey
from authsvc.keys.signing import ensure_keys
from authsvc.management import (
    approvals,
    disputes,
    identities,
    importing,
    policies,
    self_enrolment,
    single_sign_on,
    team,
)
from authsvc.management.acting import NeedsAgreement
from authsvc.management.actors import Member, System
from authsvc.oidc.ciba.waiting import open_request
from authsvc.oidc.registration.access import issue_initial_token
from authsvc.oidc.requests.wanted import Backchannel, Context
from authsvc.person.models import Visit
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.services import publish_policy
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import Transaction
from authsvc.transactions.services import open_transaction
from tests.factories import OWN_PROVIDER, PEOPLE_PROVIDER, make_device, make_subject, make_tenant
from tests.tenancy.people import make_user, signed_in


@dataclass(frozen=True)
class World:
    """A tenant and the values that its routes are filled with."""

    tenant: Tenant
    values: dict[str, str]


def fill(tenant: Tenant, *, editions: int = 1) -> World:
    """Make one row of everything that a route can name, and as many versions of the policy."""
    with tenant_scope(tenant.id):
        party, _ = register(
            name=f"Party of {tenant.slug}", redirect_uris=["https://party.example/cb"], scopes=["openid"]
        )
        subject = make_subject(name=f"Person of {tenant.slug}")
        link, url = create_link(subject=subject, created_by="a test")
        row = open_transaction(
            kind=Transaction.Kind.AUTHENTICATE,
            browser_key=new_secret(),
            continue_path="/",
            client=party,
            subject=subject,
        )
        secret = party.secrets.get()
        # A quick algorithm; the others are made when they are needed.
        ensure_keys(["ES256"])
        initial = issue_initial_token(note=f"Token of {tenant.slug}")
        asked = Context(tenant, {}, client_=party, backchannel=Backchannel(subject))
        waiting = open_request(asked)[1]
        values = {
            "tenant": tenant.slug,
            "party": party.pk,
            "secret": str(secret.pk),
            "subject": str(subject.pk),
            "device": make_device(subject).pk,
            "link": link.pk,
            "token": url.rstrip("/").rsplit("/", 1)[1],
            "transaction": row.pk,
            "event": str(AuditEvent.objects.order_by("sequence")[0].pk),
            "txn": row.pk,
            "waiting_id": waiting.pk,
            "client_id": party.client_id,
            "initial": secret_hash(initial),
            "number": "A" * 10,
            "edition": str(publish(editions)),
            "section": "age",
            "invitation": invite(tenant),
            "identity": known_to_a_provider(tenant),
            "membership": str(make_user((tenant, Role.ADMIN)).memberships.get().pk),
            "approval": ask(tenant, party),
            "table": importing.check(
                by=System("a test"), name="people.csv", content=f"name,number\n{tenant.slug},7\n".encode()
            ).pk,
            "dispute": disputes.raise_dispute(
                by=System("a test"), subject=subject, kind="other", said=f"Said at {tenant.slug}"
            ).pk,
            "subscription": new_id(),
            "kid": SigningKey.objects.get(state=SigningKey.State.NEXT).kid,
        }
    assert secret_hash(values["token"]) == link.digest
    assert row.created_at <= now()
    return World(tenant, values)


def invite(tenant: Tenant) -> str:
    """Invite somebody to administer the tenant in scope, and return the invitation's id."""
    email = f"invited@{tenant.slug}.example"
    made, _ = team.invite(by=System("a test"), email=email, role=Role.AUDITOR)
    return made.pk


def known_to_a_provider(tenant: Tenant) -> str:
    """Let the tenant in scope have a provider of its own, which knows a member, and return the link's id."""
    changed = {"name": f"Provider of {tenant.slug}", "enabled": False}
    row = single_sign_on.configure(by=System("a test"), **{**OWN_PROVIDER, **changed})
    self_enrolment.configure(by=System("a test"), **{**PEOPLE_PROVIDER, **changed})
    user = make_user((tenant, Role.ADMIN))
    identities.link(row, {"sub": f"somebody of {tenant.slug}"}, user=user)
    return user.identities.get().pk


def publish(editions: int) -> int:
    """Publish policies of the tenant in scope, begin a draft of the next, and return the newest's number.

    All say what ships: after another least age everybody would have to agree anew.
    """
    for _ in range(editions):
        made = publish_policy(document=DEFAULT, published_by="a test")
    policies.save_draft(by=System("a test"), changes={"least_age": 21})
    return made.number


def ask(tenant: Tenant, party: RelyingParty) -> str:
    """Ask for an act that takes a second administrator, and return the request's id."""
    asker = make_user((tenant, Role.ADMIN))
    by = Member(asker.pk, asker.email, proven_at=now())
    given = {"by": by, "party": party, "redirect_uris": [*party.redirect_uris, "https://new.example/cb"]}
    wanted = NeedsAgreement(by, "relying_parties.change", given, ["for a test"])
    return approvals.ask(by=by, wanted=wanted, why=f"Asked of {tenant.slug}").pk


def make_visit(world: World) -> str:
    """Let the world's person be at their own page, and return the secret of their cookie."""
    secret, moment = new_secret(), now()
    Visit.objects.create(
        digest=secret_hash(secret),
        subject_id=world.values["subject"],
        device_id=world.values["device"],
        proven_at=moment,
        last_used_at=moment,
    )
    return secret


@pytest.fixture(scope="module")
def worlds(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[World, World]]:
    """Make both tenants once a file; what a test does to them is taken back with its own transaction."""
    with django_db_blocker.unblock(), transaction.atomic():
        # A version is known by its number in its tenant: the one that is ours is none of theirs.
        yield fill(make_tenant(), editions=2), fill(make_tenant())
        transaction.set_rollback(True)


@pytest.fixture
def ours(worlds: tuple[World, World], db: None) -> World:
    """The tenant of owner and teammate."""
    return worlds[0]


@pytest.fixture
def theirs(worlds: tuple[World, World], db: None) -> World:
    """The tenant of the stranger."""
    return worlds[1]


@pytest.fixture
def owner(ours: World) -> Client:
    """Owns the tenant."""
    return signed_in(make_user((ours.tenant, Role.OWNER)))


@pytest.fixture
def teammate(ours: World) -> Client:
    """Audits the same tenant, and only reads."""
    return signed_in(make_user((ours.tenant, Role.AUDITOR)))


@pytest.fixture
def stranger(theirs: World) -> Client:
    """Owns another tenant."""
    return signed_in(make_user((theirs.tenant, Role.OWNER)))
