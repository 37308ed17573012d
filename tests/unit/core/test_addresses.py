"""S9.4-08: whom tries are counted for, whatever a visitor claims and however a proxy writes an address."""

import pytest
from django.test import RequestFactory, override_settings

from authsvc.core.addresses import address_of

pytestmark = pytest.mark.requirement("S9.4-08")
PEER = "203.0.113.9"


def counted_for(forwarded: str | None, *, proxies: int = 1, peer: str = PEER) -> str:
    request = RequestFactory().get("/", REMOTE_ADDR=peer)
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    with override_settings(PROXY_COUNT=proxies):
        return address_of(request)


@pytest.mark.parametrize("claimed", ["192.0.2.1", "192.0.2.1, 192.0.2.2", "::1", "nonsense", ",,", None])
def test_without_a_proxy_nobodys_word_counts(claimed: str | None) -> None:
    assert counted_for(claimed, proxies=0) == PEER


@pytest.mark.parametrize("claimed", ["", "192.0.2.1, ", "nonsense, ", "192.0.2.1, 127.0.0.1, ", ", , "])
@pytest.mark.parametrize("proxies", [1, 2])
def test_what_a_visitor_writes_before_the_proxies_is_nobody(claimed: str, proxies: int) -> None:
    added = ["198.51.100.7", "10.0.0.1"][:proxies]
    assert counted_for(claimed + ", ".join(added), proxies=proxies) == "198.51.100.7"


@pytest.mark.parametrize("forwarded", [None, "", " , ", "198.51.100.7"])
def test_where_a_proxy_is_missing_the_connection_counts(forwarded: str | None) -> None:
    assert counted_for(forwarded, proxies=2) == PEER


@pytest.mark.parametrize(
    "written", ["198.51.100.7", "198.51.100.7:50123", "::ffff:198.51.100.7", "[::ffff:198.51.100.7]:443"]
)
def test_an_address_is_the_same_however_it_is_written(written: str) -> None:
    """A port is another with each connection; what a socket for both says is no network of everybody."""
    assert counted_for(written) == "198.51.100.7"
    assert counted_for(None, proxies=0, peer="::ffff:198.51.100.7") == "198.51.100.7"
    assert counted_for(None, proxies=0, peer="::ffff:198.51.100.8") == "198.51.100.8"


@pytest.mark.parametrize(
    "written",
    [
        "2001:db8::1",
        "2001:DB8:0:0:ffff::1",
        "[2001:db8::2]",
        "[2001:db8::3]:443",
        "2001:0db8::4",
        "2001:db8::5%eth0",
    ],
)
def test_of_ipv6_the_network_counts(written: str) -> None:
    assert counted_for(written) == "2001:db8::"
    assert counted_for("2001:db8:0:1::1") == "2001:db8:0:1::"
