"""The table of a relying party's settings: nothing is missing from it, and what derives from it agrees."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import FieldDoesNotExist

from authsvc.assurance.acr import acr_of
from authsvc.assurance.levels import Level
from authsvc.clients import fields
from authsvc.clients.fields import FIELDS, of_kind, on_the_wire, put
from authsvc.clients.kinds import ADDRESS, TEXT
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems, RegistrationProblems
from authsvc.clients.services import change, register
from authsvc.clients.setting import Setting, Summary
from authsvc.clients.settings.groups import ABOUT, GROUPS
from authsvc.oidc.registration.documents import document_of, fields_of, member_of
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from portal.relying_parties.facts import facts_of
from portal.relying_parties.forms import RelyingPartyForm, values_of
from tests.factories import make_tenant
from tests.provider.mtls.authorities import authority, der
from tests.provider.tokens import key_set, new_key

# Columns that are no settings: who and whose it is, and what only the server writes.
NO_SETTINGS = {
    *("id", "tenant", "client_id", "justification", "extra", "registration_digest", "created_at", "seal")
}
EVERY_MEMBER: dict[str, Any] = {
    "client_name": "Partner",
    "client_uri": "https://partner.example/",
    "logo_uri": "https://partner.example/logo",
    "policy_uri": "https://partner.example/policy",
    "tos_uri": "https://partner.example/terms",
    "contacts": ["ada@partner.example"],
    "redirect_uris": ["https://partner.example/callback"],
    "post_logout_redirect_uris": ["https://partner.example/bye"],
    "backchannel_logout_uri": "https://partner.example/back",
    "frontchannel_logout_uri": "https://partner.example/front",
    "initiate_login_uri": "https://partner.example/start",
    "request_uris": ["https://partner.example/request"],
    "backchannel_logout_session_required": True,
    "frontchannel_logout_session_required": True,
    "token_endpoint_auth_method": "private_key_jwt",
    "tls_client_auth_subject_dn": "CN=partner.example",
    "tls_client_auth_ca_certificates": [der(authority().certificate)],
    "tls_client_auth_san_dns": "partner.example",
    "tls_client_auth_san_uri": "https://partner.example/client",
    "tls_client_auth_san_ip": "192.0.2.1",
    "tls_client_auth_san_email": "client@partner.example",
    "require_pushed_authorization_requests": True,
    "require_signed_request_object": True,
    "authorization_signed_response_alg": "ES256",
    "token_endpoint_auth_signing_alg": "ES256",
    "request_object_signing_alg": "ES256",
    "backchannel_token_delivery_mode": "ping",
    "backchannel_client_notification_endpoint": "https://partner.example/ping",
    "backchannel_authentication_request_signing_alg": "ES256",
    "default_max_age": 0,
    "default_acr_values": [acr_of(Level.L2)],
    "scope": "openid email",
    "subject_type": "public",
    "id_token_signed_response_alg": "ES256",
    "userinfo_signed_response_alg": "ES256",
    "application_type": "native",
    "dpop_bound_access_tokens": True,
    "sector_identifier_uri": "https://partner.example/sector",
    "tls_client_certificate_bound_access_tokens": True,
    "id_token_encrypted_response_alg": "ECDH-ES",
    "id_token_encrypted_response_enc": "A256GCM",
    "userinfo_encrypted_response_alg": "ECDH-ES",
    "userinfo_encrypted_response_enc": "A256GCM",
}


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    made = make_tenant()
    with tenant_scope(made.id):
        yield made


def test_every_column_is_a_setting_or_named_as_none() -> None:
    columns = {field.name for field in RelyingParty._meta.concrete_fields}
    assert columns - set(FIELDS) == NO_SETTINGS
    assert not NO_SETTINGS & set(FIELDS)


def test_no_two_settings_share_a_name_a_member_or_a_place() -> None:
    rows = [row for file in fields._FILES for row in fields._rows(file)]
    members = [row.wire_name for row in rows if row.wire]
    places = [row.summary.place for row in rows if row.summary]
    for names in ([row.name for row in rows], members, places):
        assert len(set(names)) == len(names)


def test_what_the_form_asks_for_has_a_label_and_a_heading() -> None:
    for row in FIELDS.values():
        assert bool(row.label) == bool(row.group)
        assert not row.group or row.group in GROUPS


@pytest.mark.requirement("OIDC-DYNAMIC-01")
def test_every_member_that_is_registered_is_kept_and_told(tenant: Tenant) -> None:
    sent = {**EVERY_MEMBER, "jwks": key_set(new_key("ES256"))}
    # Keys are given by value or by address.
    assert {*sent, "jwks_uri"} == {row.wire_name for row in on_the_wire()}
    party, _ = register(**fields_of(sent))
    party.refresh_from_db()
    told = document_of(party)
    assert {name: told[name] for name in sent} == sent
    assert told["grant_types"] == ["authorization_code", "urn:openid:params:grant-type:ciba"]


def test_a_problem_is_told_of_the_member_that_was_sent() -> None:
    told = {field: member_of(field) for field in ("name", "scopes", "sector", "jwks", "no such field")}
    assert told == {
        "name": "client_name",
        "scopes": "scope",
        "sector": "sector_identifier_uri",
        "jwks": "jwks",
        "no such field": "no such field",
    }


def test_what_a_relying_party_has_not_cannot_be_set() -> None:
    with pytest.raises(FieldDoesNotExist):
        put(RelyingParty(), "no_such_setting", 1)


class TestWithoutAColumn:
    """A setting that a stranger adds: no column, no migration, and everything else all the same."""

    @pytest.fixture(autouse=True)
    def _motto(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def check(party: RelyingParty, problems: Problems) -> None:
            if FIELDS["motto"].of(party) == "none":
                problems.add("motto", "A motto says something.")

        motto = Setting(
            "motto", TEXT, wire=True, group=ABOUT, label="Motto", summary=Summary(1, "Motto"), check=check
        )
        monkeypatch.setitem(FIELDS, "motto", motto)
        monkeypatch.setitem(FIELDS, "motto_uri", Setting("motto_uri", ADDRESS, wire=True))

    def party(self, **settings: Any) -> RelyingParty:
        party, _ = register(name="Partner", redirect_uris=["https://partner.example/cb"], **settings)
        return RelyingParty.objects.get(pk=party.pk)

    def test_it_is_registered_and_told(self, tenant: Tenant) -> None:
        sent = {"redirect_uris": ["https://partner.example/cb"], "motto": "Calmly on"}
        party, _ = register(**fields_of(sent))
        party.refresh_from_db()
        own = {name: party.extra[name] for name in ("motto", "motto_uri")}
        assert own == {"motto": "Calmly on", "motto_uri": ""}
        assert document_of(party)["motto"] == "Calmly on"
        assert "motto_uri" not in document_of(party)

    def test_the_form_asks_for_it_and_the_page_shows_it(self, tenant: Tenant) -> None:
        assert "motto" in RelyingPartyForm().fields
        assert "motto_uri" not in RelyingPartyForm().fields
        party = self.party(motto="Calmly on")
        assert values_of(party)["motto"] == "Calmly on"
        assert (facts_of(party)[0].label, facts_of(party)[0].text) == ("Motto", "Calmly on")

    def test_whoever_has_none_has_an_empty_one(self, tenant: Tenant) -> None:
        party = self.party()
        assert party.extra == {}
        assert FIELDS["motto"].of(party) == ""
        assert "Motto" not in [fact.label for fact in facts_of(party)]

    def test_a_change_leaves_the_others_alone(self, tenant: Tenant) -> None:
        party = self.party(motto="Calmly on", motto_uri="https://partner.example/motto")
        assert change(party=party, motto="Onwards").extra == {
            "motto": "Onwards",
            "motto_uri": "https://partner.example/motto",
        }

    @pytest.mark.parametrize(
        ("settings", "field"),
        [
            ({"motto": "none"}, "motto"),
            ({"motto": "x" * 501}, "motto"),
            ({"motto": "a\nb"}, "motto"),
            ({"motto_uri": "ftp://partner.example/"}, "motto_uri"),
            ({"extra": {"motto": "past its rule"}}, "extra"),
        ],
    )
    def test_it_is_checked(self, tenant: Tenant, settings: dict[str, Any], field: str) -> None:
        with pytest.raises(RegistrationProblems) as refused:
            self.party(**settings)
        assert list(refused.value.fields) == [field]


def test_a_kind_says_which_rules_hold() -> None:
    addresses = {row.name for row in of_kind(ADDRESS)}
    assert {"jwks_uri", "backchannel_logout_uri", "logo_uri"} < addresses
    assert all(name.endswith(("_uri", "_endpoint")) for name in addresses)
