"""Third-party initiated login: the address in the registry, and the portal that sends people there."""

from urllib.parse import parse_qs, urlsplit

import pytest

from authsvc.oidc.offering.options import set_options
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.oidc.wire.initiate import initiation_url
from tests.provider.browser import Browser, make_partner
from tests.provider.dynamic.conftest import Registrar

STARTS = "https://partner.example/start"


@pytest.mark.requirement("OIDC-INITIATE-01")
def test_it_is_registered_and_read_back(visitor: Browser) -> None:
    set_options(dynamic_registration=True)
    registrar = Registrar(visitor)
    made = registrar.register(initiate_login_uri=STARTS).json()
    assert made["initiate_login_uri"] == STARTS
    assert registrar.call("GET", made).json()["initiate_login_uri"] == STARTS
    refused = registrar.register(initiate_login_uri="http://partner.example/start")
    assert refused.json()["error"] == "invalid_client_metadata"


@pytest.mark.requirement("OIDC-INITIATE-01")
@pytest.mark.parametrize("uri", [STARTS, f"{STARTS}?kept=1"])
def test_the_address_names_the_issuer_and_where_to_end(visitor: Browser, uri: str) -> None:
    party = make_partner(initiate_login_uri=uri).party
    url = initiation_url(party, target_link_uri="https://partner.example/a b", login_hint="ada&x")
    assert url.startswith(uri)
    query = parse_qs(urlsplit(url).query)
    assert query["iss"] == [issuer_of(visitor.tenant)]
    assert query["target_link_uri"] == ["https://partner.example/a b"]
    assert query["login_hint"] == ["ada&x"]
    assert initiation_url(make_partner().party) == ""
