"""Two tenants full of rows, and the three people of the base test."""

from dataclasses import dataclass

import pytest
from django.test import Client

from authsvc.clients.models import RelyingParty
from authsvc.clients.services import register
from authsvc.core.clock import now
from authsvc.core.ids import new_secret, secret_hash
from authsvc.enrolment.services import create_link
from authsvc.keys.models import SigningKey
from authsvc.keys.signing import ensure_keys
from authsvc.management import approvals, team
from authsvc.management.acting import NeedsAgreement
from authsvc.management.actors import Member, System
from authsvc.oidc.ciba.waiting import open_request
from authsvc.oidc.registration.access import issue_initial_token
from authsvc.oidc.requests.wanted import Backchannel, Context
from authsvc.person.models import Visit
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import Transaction
from authsvc.transactions.services import open_transaction
from tests.factories import make_device, make_subject, make_tenant
from tests.tenancy.people import make_user, signed_in


@dataclass(frozen=True)
class World:
    """A tenant and the values that its routes are filled with."""

    tenant: Tenant
    values: dict[str, str]


def fill(tenant: Tenant) -> World:
    """Make one row of everything that a route can name."""
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
            "txn": row.pk,
            "waiting_id": waiting.pk,
            "client_id": party.client_id,
            "initial": secret_hash(initial),
            "number": "A" * 10,
            "invitation": invite(tenant),
            "membership": str(make_user((tenant, Role.ADMIN)).memberships.get().pk),
            "approval": ask(tenant, party),
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


@pytest.fixture
def ours(db: None) -> World:
    """The tenant of owner and teammate."""
    return fill(make_tenant())


@pytest.fixture
def theirs(db: None) -> World:
    """The tenant of the stranger."""
    return fill(make_tenant())


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
