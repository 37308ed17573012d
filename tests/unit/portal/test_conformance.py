"""`manage.py conformance_tenant`: what the OpenID Foundation's suite needs, and nothing left open."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from django.core.management import CommandError, call_command
from joserfc.jwk import import_key

from authsvc.clients.models import RelyingParty
from authsvc.core.ids import secret_hash
from authsvc.core.remembered import forget_everything
from authsvc.keys.algorithms import SIGNING
from authsvc.keys.signing import key_ring
from authsvc.oidc.offering.persons import test_persons as seeded_persons
from authsvc.oidc.offering.provider import provider_options
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from devtools.conformance.conformance import SLUG

SUITE = "https://suite.example:8443"
KEYED = {
    "fapi2-security",
    "fapi2-security-mtls",
    "fapi2-message-signing",
    "fapi-ciba-poll",
    "fapi-ciba-ping",
    "fapi-ciba-mtls",
}
PLANS = {"basic", "dynamic", "rp-logout", "back-channel", "front-channel", *KEYED}


def written(folder: Path) -> dict[str, Any]:
    call_command("conformance_tenant", suite=f"{SUITE}/", folder=folder, verbosity=0)
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}


@pytest.mark.django_db
@pytest.mark.requirement("SA-02")
def test_it_makes_a_sandbox_tenant_and_a_configuration_for_each_plan(tmp_path: Path) -> None:
    plans = written(tmp_path)
    assert plans.keys() == PLANS
    assert all((path.stat().st_mode & 0o077) == 0 for path in tmp_path.glob("*.json"))
    tenant = Tenant.objects.get(slug=SLUG)
    assert tenant.is_sandbox
    forget_everything()
    with tenant_scope(tenant.id):
        assert provider_options().sandbox_authenticator
        assert provider_options().dynamic_registration
        assert set(SIGNING) <= key_ring().signers.keys()
        assert len(seeded_persons()) == 3
        for plan in plans.values():
            assert plan["server"]["discoveryUrl"].endswith("/t/conformance/.well-known/openid-configuration")
            for name in ("client", "client2", "client_secret_post"):
                check_client(plan, plan.get(name, {}))
        for name in KEYED:
            check_certificates(plans[name])


def check_client(plan: dict[str, Any], client: dict[str, Any]) -> None:
    """What the file says is what is registered."""
    if "client_id" not in client:
        return
    party = RelyingParty.objects.get(client_id=client["client_id"])
    assert party.redirect_uris[0] == f"{SUITE}/test/a/{plan['alias']}/callback"
    if "client_secret" in client:
        assert [row.digest for row in party.secrets.all()] == [secret_hash(client["client_secret"])]
        return
    private = import_key(client["jwks"]["keys"][0])
    registered = {name: value for name, value in party.inline_keys()[0].items() if name != "x5c"}
    assert private.as_dict(private=False) == registered
    assert "offline_access" in client["scope"].split()
    assert party.dpop_bound_access_tokens or party.tls_client_certificate_bound_access_tokens
    assert party.is_fapi2 or party.backchannel_token_delivery_mode


def check_certificates(plan: dict[str, Any]) -> None:
    """The certificate of a client is the registered one, and the key beside it is its own."""
    for client, pair in ((plan["client"], plan["mtls"]), (plan["client2"], plan["mtls2"])):
        certificate = load_pem_x509_certificate(pair["cert"].encode())
        party = RelyingParty.objects.get(client_id=client["client_id"])
        der = certificate.public_bytes(Encoding.DER)
        assert party.inline_keys()[0]["x5c"] == [b64encode(der).decode()]
        private = load_pem_private_key(pair["key"].encode(), None)
        assert private.public_key() == certificate.public_key()


@pytest.mark.django_db
def test_no_two_files_share_an_alias_and_few_parties_hear_of_a_logout(tmp_path: Path) -> None:
    plans = written(tmp_path)
    aliases = {plan["alias"] for plan in plans.values()}
    assert aliases == {f"visor-{name}" for name in PLANS}
    with tenant_scope(Tenant.objects.get(slug=SLUG).id):
        parties = RelyingParty.objects.all()
        told = {party.client_id for party in parties if party.backchannel_logout_uri}
        called = {party.client_id for party in parties if party.frontchannel_logout_uri}
    assert told == {plans["back-channel"]["client"]["client_id"]}
    assert called == {plans["front-channel"]["client"]["client_id"]}


@pytest.mark.django_db
def test_a_party_of_an_earlier_release_hears_of_no_logout_any_more(tmp_path: Path) -> None:
    written(tmp_path)
    with tenant_scope(Tenant.objects.get(slug=SLUG).id):
        RelyingParty.objects.update(backchannel_logout_uri=f"{SUITE}/test/a/visor/backchannel_logout")
        written(tmp_path)
        assert RelyingParty.objects.exclude(backchannel_logout_uri="").count() == 1


@pytest.mark.django_db
def test_the_ciba_files_name_a_test_person_and_where_the_answer_is_given(tmp_path: Path) -> None:
    plans = written(tmp_path)
    for file in ("fapi-ciba-poll", "fapi-ciba-ping", "fapi-ciba-mtls"):
        plan = plans[file]
        asked = [(plan[name]["hint_type"], plan[name]["acr_value"]) for name in ("client", "client2")]
        assert asked == [("login_hint", "urn:visor:L2")] * 2
        with tenant_scope(Tenant.objects.get(slug=SLUG).id):
            assert plan["client"]["hint_value"] in {person.external_id for person in seeded_persons()}
            party = RelyingParty.objects.get(client_id=plan["client"]["client_id"])
        assert party.backchannel_token_delivery_mode == ("ping" if "ping" in file else "poll")
        assert plan["automated_ciba_approval_url"].endswith(
            "/t/conformance/sandbox-approval?auth_req_id={auth_req_id}&action={action}"
        )


@pytest.mark.django_db
def test_a_second_run_moves_it_to_another_suite_with_fresh_credentials(tmp_path: Path) -> None:
    first = written(tmp_path)
    second = written(tmp_path)
    assert first["basic"]["client"]["client_id"] == second["basic"]["client"]["client_id"]
    assert first["basic"]["client"]["client_secret"] != second["basic"]["client"]["client_secret"]
    assert first["fapi2-security"]["client"]["jwks"] != second["fapi2-security"]["client"]["jwks"]
    with tenant_scope(Tenant.objects.get(slug=SLUG).id):
        check_client(second["basic"], second["basic"]["client2"])
        check_client(second["fapi2-message-signing"], second["fapi2-message-signing"]["client2"])
        check_certificates(second["fapi-ciba-poll"])


@pytest.mark.django_db
@pytest.mark.requirement("SA-02")
def test_it_is_refused_in_production_and_for_a_live_tenant(tmp_path: Path, settings: Any) -> None:
    Tenant.objects.create(slug=SLUG, name="Somebody's own", kind=Tenant.Kind.LIVE)
    with pytest.raises(CommandError, match="live tenant"):
        written(tmp_path)
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        written(tmp_path)
    assert not list(tmp_path.iterdir())
