"""Which names a tenant's own host may have."""

import pytest

from authsvc.hosts.names import HostRefused, canonical, netloc_on, origin_on

GOOD = ["login.example.org", "a.localhost", "xn--bcher-kva.example", "a-b.c1.example"]
# Each by what is wrong with it.
BAD = {
    "nothing": "",
    "one label": "login",
    "last dot": "login.example.org.",
    "port": "login.example.org:8000",
    "address with a path": "https://login.example.org/",
    "IPv4": "192.0.2.1",
    "IPv6": "[2001:db8::1]",
    "other letters": "bücher.example",
    "full-width letters": "ｌogin.example.org",
    "a line more": "login.example.org\nevil.example",
    "underscore": "log_in.example.org",
    "hyphen at an end": "-login.example.org",
    "empty label": "login..example.org",
    "label too long": f"{'a' * 64}.example.org",
    "too long": f"{'a.' * 127}example",
    "wildcard": "*.example.org",
    "somebody at it": "user@login.example.org",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_host_name_is_kept_in_small_letters(name: str) -> None:
    assert canonical(f" {name.upper()} ") == name


@pytest.mark.parametrize("name", BAD.values(), ids=BAD)
def test_what_is_no_host_name_is_refused(name: str) -> None:
    with pytest.raises(HostRefused, match="host-name"):
        canonical(name)


@pytest.mark.parametrize("name", ["id.example.org", "ID.example.org", "other.example.org", "x.wild.example"])
def test_the_installations_own_names_are_no_tenants(name: str, settings: object) -> None:
    settings.BASE_URL = "https://id.example.org"  # type: ignore[attr-defined]
    settings.ALLOWED_HOSTS = ["other.example.org", ".wild.example"]  # type: ignore[attr-defined]
    with pytest.raises(HostRefused, match="host-ours"):
        canonical(name)


def test_scheme_and_port_are_the_installations(settings: object) -> None:
    settings.BASE_URL = "http://localhost:8000"  # type: ignore[attr-defined]
    assert (netloc_on("a.localhost"), origin_on("a.localhost")) == (
        "a.localhost:8000",
        "http://a.localhost:8000",
    )
    settings.BASE_URL = "https://id.example.org"  # type: ignore[attr-defined]
    assert (netloc_on("a.example"), origin_on("a.example")) == ("a.example", "https://a.example")
