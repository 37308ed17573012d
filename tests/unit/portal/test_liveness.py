"""Liveness as a service on administrators' screens: who may have it, and what a session comes to."""

import json

import pytest
from django.test import Client

from authsvc.biometrics import thresholds
from authsvc.clients.models import RelyingParty
from authsvc.tenancy.models import Tenant
from tests.provider.browser import Browser
from tests.provider.liveness.framed import SCOPES, Framed
from tests.provider.proofs import KeyHolder
from tests.unit.portal.test_approving import form_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def framed(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> Framed:
    monkeypatch.setattr("authsvc.capture.agent_api.enqueue_verification", lambda **_: None)
    monkeypatch.setattr(thresholds, "weakness_here", lambda *_: "")
    return Framed(KeyHolder(Browser(tenant), {"scopes": SCOPES, "name": "Corner Shop"}))


def told(admin: Client, base: str, framed: Framed) -> str:
    return admin.get(f"{base}attempts/{framed.id}/").content.decode()


def test_a_session_is_told_step_by_step_and_is_about_nobody(admin: Client, base: str, framed: Framed) -> None:
    framed.seen()
    framed.result()
    text = told(admin, base, framed)
    for said in (
        "Corner Shop asked whether a living person is before a camera",
        "Nobody is asked for",
        "The page proved the key that the site had named",
        "A living person was before the camera, and was compared with nothing",
        "The site took the signed result, once",
    ):
        assert said in text
    assert "no passkey was proven" not in text
    listed = admin.get(f"{base}attempts/?kind=liveness").content.decode()
    assert "Liveness for a site" in listed
    assert "Nobody is asked for" in listed


def test_a_key_that_is_not_the_named_one_is_told_as_refused(admin: Client, base: str, framed: Framed) -> None:
    framed.opened()
    framed.challenge()
    assert framed.proves("no proof").status_code == 403
    text = told(admin, base, framed)
    assert "The page did not prove the key that the site had named" in text
    assert "The proof is not by the key that the site named" in text
    assert "Refused" in admin.get(f"{base}attempts/?kind=liveness").content.decode()


def test_a_second_taking_is_found_under_the_session(admin: Client, base: str, framed: Framed) -> None:
    framed.seen()
    framed.result()
    framed.result()
    assert "liveness-once" in told(admin, base, framed)


@pytest.mark.requirement("S9.4-03")
def test_an_administrator_gives_the_scope_to_a_site_that_holds_a_key(
    admin: Client, base: str, framed: Framed
) -> None:
    party = framed.holder.partner.party
    RelyingParty.objects.filter(pk=party.pk).update(scopes=["openid"])
    party.refresh_from_db()
    edit = f"{base}relying-parties/{party.pk}/edit/"
    keys = json.dumps(party.jwks)
    answer = admin.post(edit, form_of(party, scopes=SCOPES, jwks=keys))
    assert answer.status_code == 302, answer.context["form"].errors
    party.refresh_from_db()
    assert party.scopes == SCOPES
    refused = admin.post(edit, form_of(party, jwks=keys, token_endpoint_auth_method="client_secret_basic"))
    assert refused.status_code == 422
    assert "liveness needs private_key_jwt or a client certificate" in refused.content.decode()
