"""The portal's relying party page starts a sign-in at the site (OpenID Connect Core section 4)."""

import html

import pytest
from django.test import Client

from authsvc.clients.services import register
from authsvc.oidc.wire.initiate import initiation_url
from tests.provider.browser import CALLBACK


@pytest.mark.requirement("OIDC-INITIATE-01")
def test_the_link_leads_to_the_registered_address(admin: Client, base: str) -> None:
    starts = "https://partner.example/start"
    party, _ = register(name="Partner", redirect_uris=[CALLBACK], initiate_login_uri=starts)
    page = html.unescape(admin.get(f"{base}relying-parties/{party.pk}/").content.decode())
    assert f'id="initiate-login" href="{initiation_url(party)}"' in page
    plain, _ = register(name="Plain", redirect_uris=[CALLBACK])
    assert b"initiate-login" not in admin.get(f"{base}relying-parties/{plain.pk}/").content
