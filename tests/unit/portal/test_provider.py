"""The provider's screens over HTTP: what they change, what they record, and what they ask first."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.ids import secret_hash
from authsvc.core.remembered import forget_everything
from authsvc.keys.models import SigningKey
from authsvc.keys.schedule import STAGE_FOR
from authsvc.keys.signing import ensure_keys, key_ring, signer
from authsvc.management.acting import FRESH
from authsvc.oidc.models import InitialAccessToken, Provider
from authsvc.oidc.offering.options import set_options, trust_statements
from authsvc.oidc.offering.provider import provider_options
from authsvc.oidc.registration.access import issue_initial_token, revoke_initial_token
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from portal.accounts.models import User
from portal.ui import paging
from tests.provider.tokens import key_set, new_key
from tests.tenancy.people import make_user, signed_in

State = SigningKey.State
ISSUER = "https://authority.example"


@pytest.fixture
def keys(tenant: Tenant) -> None:
    """An ES256 key that signs, and a next one that has been published for an hour."""
    ensure_keys(["ES256"])
    SigningKey.objects.filter(state=State.NEXT).update(state_changed_at=now() - STAGE_FOR)


def of_the_portal(secrets: dict[str, bytes]) -> dict[str, bytes]:
    """What any role may know, and the portal's own keys."""
    return {name: key for name, key in secrets.items() if "public_key" in name or name.endswith("_portal")}


@pytest.fixture
def apart(tenant: Tenant, settings: Any) -> Iterator[dict[str, bytes]]:
    """A portal with a process of its own, which holds no secret of the web role; gives the web role's."""
    provider_options()
    forget_everything()
    secrets = settings.SECRETS
    settings.SECRETS = of_the_portal(secrets)
    yield secrets
    settings.SECRETS = secrets


def key_in(state: str) -> SigningKey:
    return SigningKey.objects.get(algorithm="ES256", state=state)


def recorded(tag: Tag) -> list[tuple[str, dict[str, Any]]]:
    return [(event.actor, event.details) for event in AuditEvent.objects.filter(tag=tag)]


def make_live(tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(kind=Tenant.Kind.LIVE)
    forget_everything()


def test_everything_is_off_until_it_is_turned_on(admin: Client, base: str) -> None:
    page = admin.get(f"{base}provider/").content.decode()
    assert page.count(">Off</span>") == 3
    assert ">On</span>" not in page
    answer = admin.post(f"{base}provider/options/", {"dynamic_registration": "on"})
    assert answer["Location"] == f"{base}provider/"
    assert provider_options().dynamic_registration
    assert admin.get(f"{base}provider/").content.decode().count(">On</span>") == 1
    admin.post(f"{base}provider/options/", {})
    assert not provider_options().dynamic_registration


def test_only_what_differs_is_recorded(admin: Client, base: str) -> None:
    for sent in ({"dynamic_registration": "on"}, {"dynamic_registration": "on"}, {}):
        admin.post(f"{base}provider/options/", sent)
    assert recorded(Tag.PROVIDER_CHANGED) == [
        ("admin@example.org", {"dynamic_registration": True}),
        ("admin@example.org", {"dynamic_registration": False}),
    ]


def test_a_live_organisation_is_not_shown_what_it_never_has(admin: Client, base: str, tenant: Tenant) -> None:
    make_live(tenant)
    page = admin.get(f"{base}provider/options/").content.decode()
    assert "Dynamic registration" in page
    assert "Sandbox authenticator" not in page
    admin.post(f"{base}provider/options/", {"open_registration": "on", "sandbox_authenticator": "on"})
    options = provider_options()
    assert (options.open_registration, options.sandbox_authenticator) == (False, False)


def test_the_sandbox_authenticator_is_not_offered_where_the_server_has_it_off(
    admin: Client, base: str, settings: Any
) -> None:
    settings.SANDBOX_AUTHENTICATOR_ENABLED = False
    page = admin.get(f"{base}provider/options/").content.decode()
    assert "Registration without a token" in page
    assert "Sandbox authenticator" not in page


def test_what_became_forbidden_meanwhile_is_said_beside_its_field(
    admin: Client, base: str, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The form was made for a sandbox, and the service finds a live organisation.
    admin.get(f"{base}provider/options/")
    Tenant.objects.filter(pk=tenant.pk).update(kind=Tenant.Kind.LIVE)
    answer = admin.post(f"{base}provider/options/", {"sandbox_authenticator": "on"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["sandbox_authenticator"]


def test_an_issuer_is_trusted_and_no_more(admin: Client, base: str) -> None:
    refused = admin.post(f"{base}provider/statements/new/", {"issuer": ISSUER, "keys": '{"keys": []}'})
    assert refused.status_code == 422
    assert "no key set with a key" in str(refused.context["form"].errors["keys"])
    trust_statements(issuer="https://first.example", keys=key_set(new_key()))
    public = key_set(new_key())
    sent = {"issuer": ISSUER, "keys": str(public).replace("'", '"')}
    assert admin.post(f"{base}provider/statements/new/", sent).status_code == 302
    assert provider_options().statement_issuers[ISSUER] == public
    assert ISSUER in admin.get(f"{base}provider/").content.decode().replace("<wbr>", "")
    for issuer in (ISSUER, "https://unknown.example"):
        admin.post(f"{base}provider/statements/end/", {"issuer": issuer})
    assert list(provider_options().statement_issuers) == ["https://first.example"]
    assert len(recorded(Tag.PROVIDER_CHANGED)) == 3


def test_a_token_is_shown_once_and_only_its_hash_is_kept(admin: Client, base: str) -> None:
    sent = {"note": "Harbour", "uses": "3", "days": "10"}
    answer = admin.post(f"{base}provider/tokens/new/", sent, follow=True)
    assert answer.redirect_chain[0][1] == 302
    token = answer.context["token"]
    assert token in answer.content.decode()
    assert token not in admin.get(f"{base}provider/tokens/").content.decode()
    row = InitialAccessToken.objects.get()
    assert (row.digest, row.note, row.uses_left) == (secret_hash(token), "Harbour", 3)
    assert row.expires_at - row.created_at == timedelta(days=10)
    [(actor, details)] = recorded(Tag.INITIAL_TOKEN_ISSUED)
    assert (actor, details["note"], details["uses"]) == ("admin@example.org", "Harbour", 3)
    assert token not in str(details)


@pytest.mark.parametrize(
    ("field", "value"), [("note", ""), ("uses", "0"), ("uses", "101"), ("days", "0"), ("days", "91")]
)
def test_a_token_beyond_the_limits_is_refused_at_its_field(
    admin: Client, base: str, field: str, value: str
) -> None:
    sent = {"note": "Harbour", "uses": "1", "days": "1", field: value}
    answer = admin.post(f"{base}provider/tokens/new/", sent)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert not InitialAccessToken.objects.exists()


def test_a_revoked_token_is_over_at_once_and_recorded_once(admin: Client, base: str) -> None:
    issue_initial_token(note="Harbour")
    row = InitialAccessToken.objects.get()
    for _ in range(2):
        assert admin.post(f"{base}provider/tokens/{row.pk}/revoke/").status_code == 302
    row.refresh_from_db()
    assert row.state == "over"
    assert len(recorded(Tag.INITIAL_TOKEN_REVOKED)) == 1
    InitialAccessToken.objects.update(expires_at=now() + timedelta(days=1), uses_left=0)
    row.refresh_from_db()
    assert row.state == "used"
    assert not revoke_initial_token(token=row)


@pytest.mark.requirement("S9.4-09")
def test_a_rotation_lets_the_key_that_was_shown_sign(admin: Client, base: str, keys: None) -> None:
    staged = key_in(State.NEXT)
    for _ in range(2):
        assert admin.post(f"{base}provider/keys/{staged.kid}/use/").status_code == 302
    # Sent twice, it rotates once.
    assert signer("ES256").kid == staged.kid
    assert SigningKey.objects.filter(algorithm="ES256", state=State.PREVIOUS).count() == 1
    [(actor, details)] = recorded(Tag.KEY_ROTATED)
    assert (actor, details["kid"], details["emergency"]) == ("admin@example.org", staged.kid, False)


@pytest.mark.requirement("S9.4-09")
def test_a_key_that_sites_could_not_read_yet_waits(admin: Client, base: str, keys: None) -> None:
    SigningKey.objects.filter(state=State.NEXT).update(state_changed_at=now())
    assert b"Rotate now" not in admin.get(f"{base}provider/keys/").content
    staged = key_in(State.NEXT)
    said = admin.post(f"{base}provider/keys/{staged.kid}/use/", follow=True).content.decode()
    assert "have not had an hour" in said
    assert key_in(State.NEXT).kid == staged.kid


@pytest.mark.requirement("S9.4-09")
@pytest.mark.parametrize(
    ("state", "warning"),
    [(State.CURRENT, "signs at once"), (State.NEXT, "has not signed yet"), (State.PREVIOUS, "as hints")],
)
def test_what_breaks_is_said_before_a_key_is_revoked(
    admin: Client, base: str, keys: None, state: str, warning: str
) -> None:
    admin.post(f"{base}provider/keys/{key_in(State.NEXT).kid}/use/")
    key = key_in(state)
    page = f"{base}provider/keys/{key.kid}/revoke/"
    assert warning in admin.get(page).content.decode()
    assert admin.post(page)["Location"] == f"{base}provider/keys/"
    key.refresh_from_db()
    assert (key.state, bytes(key.sealed_private)) == (State.RETIRED, b"")
    assert key.kid not in key_ring().document.decode()
    assert {row.state for row in SigningKey.objects.filter(algorithm="ES256")} > {State.CURRENT, State.NEXT}
    # A second time it has left already, and nothing more is recorded.
    for answer in (admin.post(page), admin.get(page)):
        assert answer["Location"] == f"{base}provider/keys/"
    assert [details["kid"] for _, details in recorded(Tag.KEY_REVOKED)] == [key.kid]


def test_t13_revoking_a_key_needs_a_fresh_proof_of_who_it_is(admin: Client, base: str, keys: None) -> None:
    session = admin.session
    for entry in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        entry["at"] -= FRESH.total_seconds() + 1
    session.save()
    key = key_in(State.CURRENT)
    page = f"{base}provider/keys/{key.kid}/revoke/"
    assert admin.get(page).status_code == 200
    assert admin.post(page).status_code == 403
    assert key_in(State.CURRENT).kid == key.kid
    assert admin.get(f"{base}provider/keys/").status_code == 200


def test_an_auditor_sees_everything_and_no_button(tenant: Tenant, base: str, keys: None) -> None:
    issue_initial_token(note="Harbour")
    auditor = signed_in(make_user((tenant, Role.AUDITOR)))
    for screen in ("", "tokens/", "keys/", f"keys/{key_in(State.CURRENT).kid}/revoke/"):
        page = auditor.get(f"{base}provider/{screen}").content.decode()
        main = page[page.index("<main") : page.index("</main>")]
        assert "<form" not in main
        assert ">Revoke<" not in main


def test_an_administrator_sees_the_buttons(admin: Client, base: str, keys: None) -> None:
    page = admin.get(f"{base}provider/keys/").content
    assert b">Revoke<" in page
    assert b"Rotate now" in page


@pytest.mark.requirement("S6.1-01")
def test_a_portal_on_its_own_changes_options_without_any_key(
    admin: Client, base: str, apart: dict[str, bytes], settings: Any
) -> None:
    assert admin.post(f"{base}provider/options/", {"dynamic_registration": "on"}).status_code == 302
    assert admin.get(f"{base}provider/").status_code == 200
    settings.SECRETS = apart
    assert provider_options().dynamic_registration
    Provider.objects.all().delete()
    settings.SECRETS = of_the_portal(apart)
    refused = admin.post(f"{base}provider/options/", {"dynamic_registration": "on"})
    assert refused.status_code == 422
    assert "discovery address" in str(refused.context["form"].non_field_errors())
    assert admin.get(f"{base}provider/").status_code == 200


@pytest.mark.requirement("S6.1-01", "S9.4-09")
def test_a_portal_on_its_own_moves_keys_and_the_web_role_makes_them(
    admin: Client, base: str, keys: None, apart: dict[str, bytes], settings: Any
) -> None:
    current, staged = key_in(State.CURRENT), key_in(State.NEXT)
    admin.post(f"{base}provider/keys/{staged.kid}/use/")
    assert (key_in(State.CURRENT).kid, key_in(State.PREVIOUS).kid) == (staged.kid, current.kid)
    assert b"The next key is being made" in admin.get(f"{base}provider/keys/").content
    settings.SECRETS = apart
    assert set(key_ring().public) > {current.kid, staged.kid, key_in(State.NEXT).kid}


@pytest.mark.requirement("S6.1-01", "S9.4-09")
def test_an_emergency_waits_for_no_next_key(
    admin: Client, base: str, keys: None, apart: dict[str, bytes], settings: Any
) -> None:
    current, staged = key_in(State.CURRENT), key_in(State.NEXT)
    admin.post(f"{base}provider/keys/{staged.kid}/revoke/")
    page = f"{base}provider/keys/{current.kid}/revoke/"
    assert b"No next key is published" in admin.get(page).content
    admin.post(page)
    assert set(SigningKey.objects.values_list("state", flat=True)) == {State.RETIRED}
    settings.SECRETS = apart
    assert signer("ES256").kid not in {current.kid, staged.kid}
    assert key_in(State.NEXT).kid in key_ring().public


@pytest.mark.parametrize("screen", ["", "tokens/", "keys/"])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    admin: Client, base: str, tenant: Tenant, screen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "SIZE", 5)
    set_options(dynamic_registration=True)
    # More than one page of each: a list that ends on its first page needs no statement to be counted.
    for _ in range(7):
        fill()
    admin.get(f"{base}provider/{screen}")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert admin.get(f"{base}provider/{screen}").status_code == 200
        counts.append(len(asked))
        for _ in range(6):
            fill()
    assert counts[0] == counts[1]
    assert counts[0] <= 10


def fill() -> None:
    """One more token and one more key that has left."""
    issue_initial_token(note="One more")
    moment = now()
    for state in (State.RETIRED, State.PREVIOUS):
        SigningKey.objects.create(
            algorithm="ES256", state=state, public_jwk={}, sealed_private=b"", state_changed_at=moment
        )


def test_lists_go_on_on_further_pages(
    admin: Client, base: str, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "SIZE", 2)
    for _ in range(3):
        fill()
    for screen in ("tokens/", "keys/"):
        first = admin.get(f"{base}provider/{screen}").context["page"]
        second = admin.get(f"{base}provider/{screen}{first.next_query}").context["page"]
        assert (len(first.rows), len(second.rows)) == (2, 1)


def test_the_portal_records_who_did_it(user: User, admin: Client, base: str, keys: None) -> None:
    admin.post(f"{base}provider/keys/{key_in(State.NEXT).kid}/revoke/")
    assert {actor for actor, _ in recorded(Tag.KEY_REVOKED)} == {user.email}
