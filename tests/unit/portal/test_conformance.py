"""`manage.py conformance_tenant`: what the OpenID Foundation's suite needs, and nothing left open."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from joserfc.jwk import import_key

from authsvc.clients.models import RelyingParty
from authsvc.core.ids import secret_hash
from authsvc.core.remembered import forget_everything
from authsvc.oidc.offering.persons import test_persons as seeded_persons
from authsvc.oidc.offering.provider import provider_options
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from devtools.conformance.conformance import SLUG

SUITE = "https://suite.example:8443"
PLANS = {"basic", "dynamic", "front-channel", "fapi2-security", "fapi2-message-signing"}


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
        assert len(seeded_persons()) == 3
        for plan in plans.values():
            assert plan["server"]["discoveryUrl"].endswith("/t/conformance/.well-known/openid-configuration")
            for name in ("client", "client2", "client_secret_post"):
                check_client(plan.get(name, {}))


def check_client(client: dict[str, Any]) -> None:
    """What the file says is what is registered."""
    if "client_id" not in client:
        return
    party = RelyingParty.objects.get(client_id=client["client_id"])
    assert party.redirect_uris[0] == f"{SUITE}/test/a/visor/callback"
    if "client_secret" in client:
        assert [row.digest for row in party.secrets.all()] == [secret_hash(client["client_secret"])]
        return
    private = import_key(client["jwks"]["keys"][0])
    assert private.as_dict(private=False) == party.inline_keys()[0]
    assert party.is_fapi2
    assert party.dpop_bound_access_tokens


@pytest.mark.django_db
def test_a_second_run_moves_it_to_another_suite_with_fresh_credentials(tmp_path: Path) -> None:
    first = written(tmp_path)
    second = written(tmp_path)
    assert first["basic"]["client"]["client_id"] == second["basic"]["client"]["client_id"]
    assert first["basic"]["client"]["client_secret"] != second["basic"]["client"]["client_secret"]
    assert first["fapi2-security"]["client"]["jwks"] != second["fapi2-security"]["client"]["jwks"]
    with tenant_scope(Tenant.objects.get(slug=SLUG).id):
        check_client(second["basic"]["client2"])
        check_client(second["fapi2-message-signing"]["client2"])


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
