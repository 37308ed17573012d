"""npm's openid-client, a certified relying party that nobody here wrote."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.clients.conftest import Provider

DRIVER = Path(__file__).with_name("openid_client.mjs")
ES256 = {"id_token_signed_response_alg": "ES256", "authorization_signed_response_alg": "ES256"}
ANSWER = ["code", "iss", "state"]

# Plan and relying party of the conformance tenant, and the extensions that are used with it.
WAYS: dict[str, dict[str, Any]] = {
    "code with PKCE": {"who": ("basic", "client")},
    "client_secret_post": {"who": ("basic", "client_secret_post"), "post": True},
    "PAR": {"who": ("basic", "client"), "par": True},
    "JARM": {"who": ("basic", "client"), "jarm": True},
    "DPoP": {"who": ("basic", "client"), "dpop": True},
    "FAPI 2.0": {"who": ("fapi2-security", "client"), "par": True, "dpop": True, "metadata": ES256},
    "FAPI 2.0 with message signing": {
        "who": ("fapi2-message-signing", "client"),
        "par": True,
        "jar": True,
        "jarm": True,
        "dpop": True,
        "metadata": ES256,
    },
}


def drive(provider: Provider, **order: Any) -> dict[str, Any]:
    """Run the driver with an order and return what it did; raises CalledProcessError."""
    whole = {
        "issuer": provider.issuer,
        "redirect_uri": provider.callback,
        "post_logout_redirect_uri": provider.post_logout,
        **order,
    }
    done = subprocess.run(
        ["node", str(DRIVER)],
        input=json.dumps(whole),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    content: dict[str, Any] = json.loads(done.stdout)
    return content


@pytest.mark.e2e
@pytest.mark.needs("node")
@pytest.mark.parametrize("way", WAYS)
def test_it_signs_in_refreshes_revokes_and_signs_out(provider: Provider, way: str) -> None:
    order = dict(WAYS[way])
    plan, name = order.pop("who")
    addresses = {
        "redirect_uri": provider.place("callback", plan=plan),
        "post_logout_redirect_uri": provider.place("post_logout_redirect", plan=plan),
    }
    done = drive(provider, client=provider.plans[plan][name], **addresses, **order)
    assert done["asked"] == (["client_id", "request_uri"] if order.get("par") else done["asked"])
    assert done["answered"] == (["response"] if order.get("jarm") else ANSWER)
    assert done["token_type"] == ("dpop" if order.get("dpop") else "bearer")
    check_identity(done, dpop=bool(order.get("dpop")))
    assert (done["revoked_access"], done["revoked_refresh"]) == (False, False)
    assert (done["signed_out"], done["after"]) == ("?state=bye", "login_required")


def check_identity(done: dict[str, Any], *, dpop: bool) -> None:
    """ID tokens, userinfo and introspection tell of one person and one event."""
    claims = done["claims"]
    assert claims["acr"] == "urn:visor:L2"
    assert done["userinfo"]["sub"] == claims["sub"]
    assert done["userinfo"]["email"] == "test-person-1@test.example"
    assert (done["introspection"]["active"], done["introspection"]["acr"]) == (True, claims["acr"])
    assert ("jkt" in done["introspection"].get("cnf", {})) == dpop
    for later in ("renewed", "again"):
        assert {name: done[later][name] for name in ("sub", "acr", "amr", "auth_time")} == {
            name: claims[name] for name in ("sub", "acr", "amr", "auth_time")
        }
