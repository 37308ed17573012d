"""Front-channel logout: the page loads the relying parties' frames, and then goes on."""

from urllib.parse import parse_qs, urlsplit

import pytest

from authsvc.oidc.models import Session
from tests.provider.browser import Browser, make_partner, make_person

AFTER = "https://partner.example/after"


@pytest.mark.requirement("OIDC-LOGOUT-07")
def test_metadata_flags(visitor: Browser) -> None:
    said = visitor.http.get(f"{visitor.root}.well-known/openid-configuration").json()
    assert said["frontchannel_logout_supported"]
    assert said["frontchannel_logout_session_supported"]


@pytest.mark.requirement("OIDC-LOGOUT-07")
def test_the_frame_names_issuer_and_session_and_the_page_goes_on(visitor: Browser) -> None:
    partner = make_partner(
        post_logout_redirect_uris=[AFTER], frontchannel_logout_uri="https://partner.example/front?kept=1"
    )
    tokens = visitor.tokens(partner, make_person())
    said = visitor.claims(tokens["id_token"])
    page = visitor.http.get(
        f"{visitor.root}end-session",
        {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": AFTER, "state": "s"},
    )
    text = page.content.decode().replace("&amp;", "&")
    address = text.split('<iframe class="visually-hidden" title="Signing out" src="')[1].split('"')[0]
    assert address.startswith("https://partner.example/front?kept=1&")
    assert parse_qs(urlsplit(address).query)["sid"] == [said["sid"]]
    assert parse_qs(urlsplit(address).query)["iss"] == [said["iss"]]
    assert f'id="onward" href="{AFTER}?state=s"' in text
    assert "frame-src https://partner.example" in page["Content-Security-Policy"]
    assert Session.objects.get().ended_at is not None
