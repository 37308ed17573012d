"""T02: whoever writes to the database is nobody by it. Each row is changed by SQL as its owner, and refused.

The columns come from the database's own catalogue: one that is neither sealed nor named in FREE fails here.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection, models, transaction
from django.test import Client
from django.urls import reverse

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.capture.challenge import light_may_change
from authsvc.clients.models import ClientSecret, RelyingParty
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.ids import new_id, new_secret, secret_hash
from authsvc.core.remembered import forget_everything
from authsvc.devices.models import Device
from authsvc.enrolment.models import EnrolmentLink, PeopleImport, RecoveryCodes
from authsvc.enrolment.recovery import make_codes
from authsvc.enrolment.services import create_link
from authsvc.limits.limit import forget_counts
from authsvc.management import importing, people, self_enrolment
from authsvc.management.acting import NeedsAgreement
from authsvc.management.actors import Member, System
from authsvc.management.approvals import ask
from authsvc.management.freezing import digest_of
from authsvc.management.identities import known, link
from authsvc.management.models import Approval
from authsvc.management.single_sign_on import configure
from authsvc.management.team import invite
from authsvc.oidc.models import (
    BackchannelRequest,
    Grant,
    InitialAccessToken,
    Provider,
    RememberedConsent,
    Session,
    Token,
)
from authsvc.oidc.offering.options import set_options
from authsvc.oidc.registration.access import issue_initial_token
from authsvc.person.models import Visit
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.models import PolicyVersion
from authsvc.policy.services import publish_policy
from authsvc.privacy.models import Need
from authsvc.privacy.needs import keep_need
from authsvc.seals.kinds import KINDS
from authsvc.seals.refusals import telling_at_the_end
from authsvc.self_enrolment.models import Arrival
from authsvc.self_enrolment.services import arrive
from authsvc.subjects.amending import amend
from authsvc.subjects.models import Amendment, Subject
from authsvc.tenancy.memberships.models import Identity, Invitation, Membership
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import every_tenant_scope
from authsvc.transactions.models import Transaction
from portal.accounts.models import User
from tests.factories import OWN_PROVIDER, PEOPLE_PROVIDER, make_consent, make_host, make_subject, make_tenant
from tests.provider.browser import Browser, Partner, answer_of, make_partner, make_person
from tests.provider.ciba.conftest import HINT, Starter
from tests.provider.ciba.test_answers import approve, at_the_phone
from tests.provider.tokens import key_set, new_key
from tests.tenancy.people import make_user, signed_in

pytestmark = pytest.mark.requirement("S8.3-01")

Values = dict[str, Any]

# What no seal speaks of, and why nobody is let in or promoted by it.
FREE: dict[str, dict[str, str]] = {
    "session": {},
    "grant": {"session_id": "which sign-out ends it: the session's row is deleted long before"},
    "token": {"sealed_answer": "opened by the text of the token alone"},
    "device": {
        "share_kind": "the worker's; another one opens no reference",
        "name": "what the person calls it",
        "created_at": "shown",
        "last_used_at": "shown",
    },
    "subject": {"created_at": "shown"},
    "evidence": {
        "webauthn_nonce": "one answer's; without it, or with another, that answer is refused",
        "webauthn_state": "one ceremony's; the passkey signs the challenge that this server drew",
        "face_closed": "how often the camera may start",
        "decided_at": "shown",
        "ended_at": "shown",
        "refused_for": "what a list finds it by; its own page reads the log",
        "level": "what a list finds it by; its own page works it out",
    },
    "policy": {"id": "its number is what it is known by"},
    "membership": {"id": "user and tenant are what it is known by", "created_at": "shown"},
    "host": {
        "id": "its name is what it is known by",
        "challenge": "public: what the host answers",
        "asked_by": "shown",
        "asked_at": "when a name that nobody uses is free again",
    },
    "invitation": {"created_at": "shown"},
    "single-sign-on": {
        "id": "the tenant is what it is known by",
        "sealed_secret": "opened by the portal's key, for this tenant and issuer alone",
    },
    "identity": {
        "address": "where mail goes, and nobody is let in by it",
        "created_at": "shown",
        "used_at": "shown",
    },
    "people-provider": {
        "id": "the tenant is what it is known by",
        "sealed_secret": "opened by web's key, for this tenant and issuer alone",
    },
    "arrival": {"came_at": "shown"},
    "approval": {"decided_by_name": "shown", "decided_at": "shown"},
    "relying-party": {"created_at": "shown"},
    "client-secret": {
        "id": "relying party and digest are what it is known by",
        "hint": "shown",
        "created_at": "shown",
        "last_used_at": "shown",
    },
    "provider": {
        "id": "the tenant is what it is known by",
        "sealed_pairwise_secret": "opened by the web's key, for this tenant alone",
    },
    "enrolment-link": {"created_at": "shown"},
    "amendment": {"asked_at": "in which order they are taken over"},
    "people-import": {
        "name": "shown",
        "content": "tells the same file when it is sent again",
        "encoding": "shown",
        "left_out": "shown",
        "made_at": "when it is forgotten",
        "moved_at": "when a run counts as lost, and until when links can be taken",
        "why_stopped": "shown",
        "taken_at": "shown",
    },
    "recovery-codes": {},
    "consent": {},
    "need": {"id": "person and kind are what it is known by"},
    "remembered-consent": {"id": "relying party and person are what it is known by"},
    "visit": {"id": "its digest is what it is known by"},
    "backchannel-request": {
        "sealed_callback": "opened by the web's key, for this request alone",
        "hint": "counts how many wait; another one lets the relying party ask for one more",
        "interval": "how often the relying party may ask",
        "polled_at": "the same",
        "answered_at": "shown",
    },
    "initial-token": {"note": "shown"},
}
# Columns of FREE that close a way all the same when they are overwritten.
NEEDED = {"session_id", "sealed_pairwise_secret", "sealed_callback"}


@dataclass
class Case:
    """A sealed row, and the way in that rests on it; `works` tells whether that is open."""

    row: models.Model
    works: Callable[[], bool]


@pytest.fixture
def partner(tenant: Tenant) -> Partner:
    """A relying party that may stay signed in."""
    return make_partner(offline_access=True, scopes=["openid", "profile", "offline_access"])


@pytest.fixture
def ada(tenant: Tenant) -> Subject:
    """Somebody with a passkey."""
    return make_person()


def sessions(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    visitor.sign_in(partner, ada)
    return Case(Session.objects.get(), lambda: "code" in answer_of(visitor.authorize(partner, prompt="none")))


def devices(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    return Case(ada.devices.get(), sessions(visitor, partner, ada).works)


def subjects(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    works = sessions(visitor, partner, ada).works
    return Case(Subject.objects.get(), works)


def grants(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    code = visitor.sign_in(partner, ada, nonce="n", **visitor.pkce())["code"]
    redeemed = lambda: visitor.redeem(partner, code, code_verifier=visitor.verifier).status_code == 200  # noqa: E731
    return Case(Grant.objects.get(), redeemed)


def access_tokens(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    text = visitor.tokens(partner, ada)["access_token"]
    return Case(Token.objects.get(), lambda: visitor.userinfo(text).status_code == 200)


def refresh_tokens(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    text = visitor.tokens(partner, ada, scope="openid offline_access")["refresh_token"]
    row = Token.objects.get(kind=Token.Kind.REFRESH)
    return Case(row, lambda: visitor.refresh(partner, text).status_code == 200)


def evidence(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    txn = visitor.opened(visitor.authorize(partner))
    visitor.prove(txn, ada)
    return Case(Transaction.objects.get(), lambda: _goes_on(visitor.resume(txn)))


def _goes_on(response: Any) -> bool:
    return response.status_code in {302, 303} and "code=" in response["Location"]


def policies(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    publish_policy(document={**DEFAULT, "minimum_quality": 50}, published_by="an administrator")
    txn = visitor.opened(visitor.authorize(partner))
    agent = f"{visitor.root}agent/{txn}/"
    return Case(PolicyVersion.objects.get(), lambda: visitor.http.get(agent).json()["face"]["offered"])


def memberships(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    user = make_user((visitor.tenant, Role.AUDITOR))
    portal, screen = signed_in(user), f"/portal/{visitor.tenant.slug}/attempts/"
    return Case(Membership.objects.get(), lambda: portal.get(screen).status_code == 200)


def hosts(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    row = make_host(visitor.tenant, "a.localhost", left_at=now())
    discovery, at = f"{visitor.root}.well-known/openid-configuration", {"host": "a.localhost:8000"}
    return Case(row, lambda: visitor.http.get(discovery, headers=at).status_code == 200)


def relying_parties(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    return Case(partner.party, lambda: "/signin/" in visitor.authorize(partner).get("Location", ""))


def client_secrets(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    # Whoever proved itself hears that the code is none, and a stranger that it is one.
    return Case(ClientSecret.objects.get(), lambda: visitor.redeem(partner, "none").status_code == 400)


def registering_itself(visitor: Browser, token: str = "") -> bool:
    body = json.dumps({"redirect_uris": ["https://itself.example/callback"], "client_name": "Itself"})
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    made = visitor.http.post(
        f"{visitor.root}register", body, content_type="application/json", headers=headers
    )
    return made.status_code == 201


def providers(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    set_options(dynamic_registration=True, open_registration=True)
    return Case(Provider.objects.get(), lambda: registering_itself(visitor))


def initial_tokens(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    set_options(dynamic_registration=True)
    text = issue_initial_token()
    return Case(InitialAccessToken.objects.get(), lambda: registering_itself(visitor, text))


def enrolment_links(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    invited = Subject.objects.create(name="Somebody invited")
    row, url = create_link(subject=invited, created_by="an administrator")
    return Case(row, lambda: visitor.http.get(urlsplit(url).path).status_code == 200)


def amendments(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    has_face = make_subject(name="Bea")
    amend(has_face, name="Bea King")

    def works() -> bool:
        people.take_over_all()
        return Subject.objects.filter(name="Bea King").exists()

    return Case(Amendment.objects.get(), works)


def people_imports(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    user = make_user((visitor.tenant, Role.ADMIN))
    by = Member(user_id=user.pk, name=user.email, proven_at=now())
    table = importing.check(by=by, name="people.csv", content=b"name,number\nGrace,7\n")
    importing.begin(by=by, table=table, way="link")

    def works() -> bool:
        importing.go_on(table.pk)
        return Subject.objects.filter(external_id="7").exists()

    return Case(PeopleImport.objects.get(), works)


def recovery_codes(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    code = make_codes(subject=ada, actor="a test")[0]

    def works() -> bool:
        forget_counts()  # not for too many tries
        return visitor.http.post(f"{visitor.root}me/lost", {"code": code}).status_code == 303

    return Case(RecoveryCodes.objects.get(), works)


def consents(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    row = make_consent(ada)
    txn = visitor.opened(visitor.authorize(partner))
    Transaction.objects.filter(pk=txn).update(subject=ada)
    agent = f"{visitor.root}agent/{txn}/"
    return Case(row, lambda: visitor.http.get(agent).json()["face"]["offered"])


def needs(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    keep_need(ada, Need.Kind.NO_LIGHT, by_person=True, actor="a test")
    txn = visitor.opened(visitor.authorize(partner))
    Transaction.objects.filter(pk=txn).update(subject=ada)
    return Case(Need.objects.get(), lambda: not light_may_change(Transaction.objects.get(pk=txn)))


def remembered_consents(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    third = make_partner(name="A third party", first_party=False)
    moment = now()
    row = RememberedConsent.objects.create(
        client=third.party,
        subject=ada,
        scopes=["openid"],
        given_at=moment,
        expires_at=moment + timedelta(days=30),
    )
    visitor.sign_in(third, ada)
    return Case(row, lambda: "code" in answer_of(visitor.authorize(third, prompt="none")))


def visits(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    secret, moment = new_secret(), now()
    row = Visit.objects.create(
        digest=secret_hash(secret),
        subject=ada,
        device=ada.devices.get(),
        proven_at=moment,
        last_used_at=moment,
    )
    visitor.http.cookies["visor_me"] = secret
    return Case(row, lambda: ada.name.encode() in visitor.http.get(f"{visitor.root}me/").content)


def backchannel_requests(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    key = new_key("ES256")
    calls = make_partner(name="It calls", jwks=key_set(key), backchannel_token_delivery_mode="poll")
    starter = Starter(calls, key, visitor)
    Subject.objects.filter(pk=ada.pk).update(external_id=HINT)
    asked = starter.ask().json()["auth_req_id"]
    at_the_phone(visitor, ada)
    assert "answered=yes" in approve(visitor, ada)["Location"]
    return Case(BackchannelRequest.objects.get(), lambda: starter.poll(asked).status_code == 200)


def invitations(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    row, token = invite(by=System("a test"), email="invited@example.org", role=Role.AUDITOR)
    path = reverse("join", args=[visitor.tenant.slug, token])
    return Case(row, lambda: Client().get(path).status_code == 200)


def own_providers(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    row = configure(by=System("a test"), **OWN_PROVIDER)
    page = f"/account/login/?next=/portal/{visitor.tenant.slug}/"
    return Case(row, lambda: b"Case ID" in Client().get(page).content)


def peoples_providers(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    row = self_enrolment.configure(by=System("a test"), **PEOPLE_PROVIDER)
    return Case(row, lambda: Client().get(f"/t/{visitor.tenant.slug}/join/").status_code == 200)


def arrivals(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    provider = self_enrolment.configure(by=System("a test"), **PEOPLE_PROVIDER)
    person = make_subject(status=Subject.Status.INVITED, reference="")
    row = Arrival.objects.create(issuer=provider.issuer, sub="ada", subject=person, came_at=now())

    def works() -> bool:
        try:
            with telling_at_the_end():  # as a request does
                arrive(provider, {"sub": "ada", "name": "Ada", "groups": ["staff"]})
        except Refused:
            return False
        return EnrolmentLink.objects.filter(subject=person).exists()

    return Case(row, works)


def identities(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    provider, user = configure(by=System("a test"), **OWN_PROVIDER), make_user((visitor.tenant, Role.AUDITOR))
    link(provider, {"sub": "ada"}, user=user)

    def works() -> bool:
        found = known(provider, "ada")
        return found is not None and found.user_id == user.pk

    return Case(Identity.objects.get(), works)


def approvals(visitor: Browser, partner: Partner, ada: Subject) -> Case:
    asking, agreeing = make_user((visitor.tenant, Role.ADMIN)), make_user((visitor.tenant, Role.OWNER))
    asked = _asked_for(asking, partner.party, "Agreed to")
    portal, path = signed_in(agreeing), f"/portal/{visitor.tenant.slug}/approvals/{asked.pk}/agree/"

    def works() -> bool:
        portal.post(path)
        return RelyingParty.objects.get(pk=partner.party.pk).name == "Agreed to"

    return Case(asked, works)


def _asked_for(user: User, party: RelyingParty, name: str) -> Approval:
    """Ask for another name of a relying party, as if that took a second administrator."""
    by = Member(user_id=user.pk, name=user.email, proven_at=now())
    wanted = NeedsAgreement(by, "relying_parties.change", {"party": party, "name": name}, [])
    return ask(by=by, wanted=wanted, why="a test")


CASES: dict[str, tuple[str, Callable[[Browser, Partner, Subject], Case]]] = {
    "sessions": ("session", sessions),
    "grants": ("grant", grants),
    "access tokens": ("token", access_tokens),
    "refresh tokens": ("token", refresh_tokens),
    "devices": ("device", devices),
    "subjects": ("subject", subjects),
    "evidence": ("evidence", evidence),
    "policies": ("policy", policies),
    "memberships": ("membership", memberships),
    "hosts": ("host", hosts),
    "invitations": ("invitation", invitations),
    "approvals": ("approval", approvals),
    "providers of one's own": ("single-sign-on", own_providers),
    "identities": ("identity", identities),
    "providers of one's people": ("people-provider", peoples_providers),
    "arrivals": ("arrival", arrivals),
    "relying parties": ("relying-party", relying_parties),
    "client secrets": ("client-secret", client_secrets),
    "providers": ("provider", providers),
    "initial tokens": ("initial-token", initial_tokens),
    "enrolment links": ("enrolment-link", enrolment_links),
    "amendments": ("amendment", amendments),
    "people from tables": ("people-import", people_imports),
    "recovery codes": ("recovery-codes", recovery_codes),
    "consents": ("consent", consents),
    "needs": ("need", needs),
    "remembered consents": ("remembered-consent", remembered_consents),
    "visits": ("visit", visits),
    "backchannel requests": ("backchannel-request", backchannel_requests),
}


@pytest.fixture(params=CASES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def case(
    kind: str, visitor: Browser, partner: Partner, ada: Subject, django_capture_on_commit_callbacks: Any
) -> Case:
    """A row of one kind, believed so far; what counts changes has counted."""
    with django_capture_on_commit_callbacks(execute=True):
        return CASES[kind][1](visitor, partner, ada)


@contextmanager
def trial() -> Iterator[None]:
    """Run the block in vain: what it changes is taken back."""
    forget_everything()
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)
        forget_everything()


def sql(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Send a statement as the owner of the tables does, past row-level security."""
    with every_tenant_scope(), connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        return cursor.fetchall() if cursor.description else []


def columns_of(row: models.Model) -> list[str]:
    """The row's columns, as the database names them."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_table_description(cursor, row._meta.db_table)
    return [column.name for column in found]


def place_of(row: models.Model) -> tuple[str, Any]:
    """A condition that is true of the row alone."""
    field = row._meta.pk
    return f'"{field.column}" = %s', field.get_db_prep_value(row.pk, connection)


def write(row: models.Model, **columns: Any) -> None:
    """Write columns of the row behind the product's back."""
    where, key = place_of(row)
    for name, value in columns.items():
        field = next(field for field in row._meta.concrete_fields if field.column == name)
        stored = field.get_db_prep_save(value, connection)
        sql(f'UPDATE "{row._meta.db_table}" SET "{name}" = %s WHERE {where}', stored, key)  # noqa: S608


def other(row: models.Model, column: str) -> Any:
    """Another value of the column's kind, as near as can be."""
    field = next(field for field in row._meta.concrete_fields if field.column == column)
    value = getattr(row, field.attname)
    if isinstance(field, models.ForeignKey):
        return _another(field)
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(field, models.DateTimeField):
        return (value or now()) + timedelta(seconds=1)
    if isinstance(field, models.JSONField):
        return {**value, "amr": ["face"]} if isinstance(value, dict) else [*(value or []), "face"]
    if isinstance(field, models.BinaryField):
        return (bytes(value) if value else b"") + b"\x01"
    if isinstance(field, models.IntegerField):
        return (value or 0) + 1
    if isinstance(field, models.UUIDField):
        return "00000000-0000-4000-8000-000000000000"
    named = {"status": "pending", "role": "owner", "kind": "bind"}
    return named.get(column, _longer(value, field.max_length))


def _longer(text: str, longest: int | None) -> str:
    return f"{text}x" if longest is None else f"{text}x"[-longest:]


def _another(field: Any) -> Any:
    """The key of another row that the column may point at."""
    if field.related_model is Tenant:
        return make_tenant().pk
    if field.name == "user":
        return make_user().pk
    made: dict[Any, Callable[[], Any]] = {
        Subject: make_person,
        Device: lambda: make_person().devices.get(),
        Session: new_id,
        Grant: new_id,
    }
    found = made.get(field.related_model, lambda: make_partner(name="Another").party)()
    return found if isinstance(found, str) else found.pk


def sealed_columns(kind: str, case: Case) -> list[str]:
    known = {field.column for field in case.row._meta.concrete_fields}
    return [name for name in columns_of(case.row) if name in known and name not in FREE[CASES[kind][0]]]


def told() -> list[str]:
    """The kinds of which a row was not believed."""
    rows = AuditEvent.objects.filter(tag=Tag.SEAL_REFUSED.value).order_by("sequence")
    return list(rows.values_list("reason", flat=True))


def test_every_kind_has_its_case_here() -> None:
    assert {name for name, _ in CASES.values()} == {kind.name for kind in KINDS} == set(FREE)


def test_t02_a_row_that_is_as_it_was_lets_in(case: Case) -> None:
    with trial():
        assert case.works()
    assert told() == []


def test_t02_every_column_that_is_changed_by_sql_closes_the_way(kind: str, case: Case) -> None:
    for column in sealed_columns(kind, case):
        with trial():
            write(case.row, **{column: other(case.row, column)})
            assert not case.works(), column


def test_t02_what_no_seal_speaks_of_closes_nothing(kind: str, case: Case) -> None:
    for column in set(FREE[CASES[kind][0]]) - NEEDED:
        with trial():
            write(case.row, **{column: other(case.row, column)})
            assert case.works(), column


def test_t02_a_row_without_a_seal_is_refused_and_told(kind: str, case: Case) -> None:
    with trial():
        write(case.row, seal=None)
        assert not case.works()
        assert told() == [CASES[kind][0]]


def test_t02_nothing_is_sealed_by_reading(case: Case) -> None:
    with trial():
        write(case.row, seal=None)
        case.works()
        where, key = place_of(case.row)
        read = f'SELECT seal FROM "{case.row._meta.db_table}" WHERE {where}'  # noqa: S608
        assert sql(read, key) == [(None,)]


@pytest.mark.django_db
def test_t02_a_session_that_is_inserted_signs_nobody_in(
    visitor: Browser, partner: Partner, ada: Subject
) -> None:
    secret, moment = new_secret(), now()
    visitor.sign_in(partner, ada)
    true = Session.objects.get()
    for seal in (None, bytes(true.seal or b""), b"\x01w" + bytes(44)):
        forged = Session(
            digest=secret_hash(secret),
            tenant=visitor.tenant,
            subject=ada,
            device=true.device,
            events={"L2": {"at": moment.isoformat(), "amr": ["face", "hwk", "mfa"], "policy": ""}},
            authenticated_at=moment,
            last_used_at=moment,
            seal=seal,
        )
        with trial():
            _insert(forged)
            stranger = Browser(visitor.tenant)
            stranger.http.cookies[f"visor_session_{visitor.tenant.slug}"] = secret
            stranger.opened(stranger.authorize(partner))
            assert answer_of(stranger.authorize(partner, prompt="none"))["error"] == "login_required"
            assert told() == ["session"]


def _insert(row: models.Model) -> None:
    fields = row._meta.concrete_fields
    names = ", ".join(f'"{field.column}"' for field in fields)
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    places = ", ".join(["%s"] * len(fields))
    sql(f'INSERT INTO "{row._meta.db_table}" ({names}) VALUES ({places})', *values)  # noqa: S608


def test_t02_the_seal_of_one_row_is_none_of_another(visitor: Browser, partner: Partner, ada: Subject) -> None:
    """Two people are alike but for their names; each has the seal of the other."""
    case = sessions(visitor, partner, ada)
    second = make_person()
    for mine, theirs in ((ada, second), (ada.devices.get(), second.devices.get())):
        with trial():
            write(mine, seal=bytes(theirs.seal or b""))
            assert not case.works()


def test_t02_the_seal_of_one_tenant_is_none_of_another(visitor: Browser) -> None:
    user = make_user((visitor.tenant, Role.AUDITOR), (make_tenant(), Role.OWNER))
    mine, theirs = (Membership.objects.get(role=role) for role in (Role.AUDITOR, Role.OWNER))
    portal, screen = signed_in(user), f"/portal/{visitor.tenant.slug}/attempts/"
    assert portal.get(screen).status_code == 200
    write(mine, role=theirs.role, seal=bytes(theirs.seal or b""))
    assert portal.get(screen).status_code == 404


def test_t02_one_update_makes_nobody_owner(visitor: Browser) -> None:
    user = make_user((visitor.tenant, Role.AUDITOR))
    write(Membership.objects.get(), role=Role.OWNER)
    assert signed_in(user).get(f"/portal/{visitor.tenant.slug}/team/").status_code == 404


def test_t02_an_approval_that_is_inserted_feigns_no_second(
    visitor: Browser, partner: Partner, ada: Subject
) -> None:
    """Somebody writes that they asked a day ago, or that a colleague asked, and agrees alone."""
    mallory, colleague = (make_user((visitor.tenant, Role.OWNER)) for _ in range(2))
    true, portal = _asked_for(colleague, partner.party, "Wanted"), signed_in(mallory)
    wanted = {"party": true.arguments["party"], "redirect_uris": ["https://evil.example/cb"]}
    for asked_by, way in ((mallory, "alone"), (colleague, "agree")):
        for seal in (None, bytes(true.seal or b""), b"\x01p" + bytes(44)):
            forged = Approval(
                tenant=visitor.tenant,
                act="relying_parties.change",
                arguments=wanted,
                digest=digest_of("relying_parties.change", wanted),
                asked_by=asked_by.pk,
                asked_by_name=asked_by.email,
                asked_at=now() - timedelta(days=2),
                expires_at=now() + timedelta(days=1),
                alone_from=now() - timedelta(days=1),
                seal=seal,
            )
            with trial():
                Membership.objects.exclude(user__in=(mallory, asked_by)).delete()
                _insert(forged)
                path = f"/portal/{visitor.tenant.slug}/approvals/{forged.pk}/"
                assert portal.post(f"{path}{way}/").status_code == 404
                assert portal.get(path).status_code == 404
                assert RelyingParty.objects.get().redirect_uris == partner.party.redirect_uris
                assert told() == ["approval"]


def test_t02_an_invitation_that_is_inserted_makes_nobody_owner(visitor: Browser) -> None:
    true, _token = invite(by=System("a test"), email="true@example.org", role=Role.AUDITOR)
    for seal in (None, bytes(true.seal or b"")):
        token = new_secret()
        forged = Invitation(
            tenant=visitor.tenant,
            email="mallory@example.org",
            role=Role.OWNER,
            digest=secret_hash(token),
            invited_by=true.invited_by,
            created_at=now(),
            expires_at=now() + timedelta(hours=1),
            seal=seal,
        )
        with trial():
            _insert(forged)
            path = reverse("join", args=[visitor.tenant.slug, token])
            given = {"name": "Mallory", "password": "a long password of mine"}
            assert Client().post(path, given).status_code == 410
            assert not Membership.objects.exists()
            assert told() == ["invitation"]
