"""`manage.py provider` and `manage.py signing_keys`: the tenant's switches from the command line."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from authsvc.oidc.models import InitialAccessToken
from authsvc.oidc.offering.provider import provider_options
from authsvc.tenancy.models import Tenant
from tests.provider.browser import Browser
from tests.provider.tokens import key_set, new_key


def run(name: str, tenant: Tenant, *arguments: str, **options: Any) -> str:
    printed = StringIO()
    call_command(name, tenant.slug, *arguments, stdout=printed, **options)
    return printed.getvalue()


@pytest.mark.requirement("OIDC-DYNAMIC-01")
def test_registration_is_turned_on_and_a_token_issued(tenant: Tenant) -> None:
    said = run("provider", tenant, "--dynamic-registration", "--initial-token", "a partner", "--uses", "3")
    assert "dynamic_registration: on" in said
    assert "open_registration: off" in said
    row = InitialAccessToken.objects.get()
    assert (row.note, row.uses_left) == ("a partner", 3)
    assert run("provider", tenant, "--no-dynamic-registration").startswith("dynamic_registration: off")
    assert not provider_options().dynamic_registration


@pytest.mark.requirement("OIDC-DYNAMIC-01")
def test_an_issuer_of_software_statements_is_trusted(tenant: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(key_set(new_key())), encoding="utf-8")
    said = run("provider", tenant, "--trust-statements", "https://authority.example", str(file))
    assert "software statements of https://authority.example are trusted" in said
    for content in ("{}", "no JSON"):
        file.write_text(content, encoding="utf-8")
        with pytest.raises(CommandError):
            run("provider", tenant, "--trust-statements", "https://another.example", str(file))
    assert list(provider_options().statement_issuers) == ["https://authority.example"]


def test_what_cannot_be_is_said(tenant: Tenant) -> None:
    with pytest.raises(CommandError, match="no tenant"):
        call_command("provider", "nowhere")
    with pytest.raises(CommandError, match="no tenant"):
        call_command("signing_keys", "nowhere")
    with pytest.raises(CommandError, match="no key"):
        run("signing_keys", tenant, "--revoke", "unknown")
    with pytest.raises(CommandError, match="has been staged"):
        run("signing_keys", tenant, "--rotate", "ES256")
    Tenant.objects.filter(pk=tenant.pk).update(kind=Tenant.Kind.LIVE)
    with pytest.raises(CommandError, match="live tenant"):
        run("provider", tenant, "--open-registration")


@pytest.mark.requirement("S9.4-09")
def test_keys_are_rotated_and_revoked_on_demand(tenant: Tenant, visitor: Browser) -> None:
    before = {key["kid"] for key in visitor.http.get(f"{visitor.root}jwks").json()["keys"]}
    said = run("signing_keys", tenant, "--rotate", "ES256", "--emergency")
    after = {key["kid"] for key in visitor.http.get(f"{visitor.root}jwks").json()["keys"]}
    assert before < after
    assert [line.split()[2] for line in said.splitlines() if "ES256" in line] == [
        "previous",
        "current",
        "next",
    ]
    old = said.split()[0]
    lines = run("signing_keys", tenant, "--revoke", old).splitlines()
    assert [line.split()[2] for line in lines if line.startswith(old)] == ["retired"]
    assert old not in visitor.http.get(f"{visitor.root}jwks").content.decode()
