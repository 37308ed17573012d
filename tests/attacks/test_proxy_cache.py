"""The reference proxy keeps what is public and the same for everybody, and nothing else (docs/adr/0428)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.attacks.proxying import proxy_of
from tests.unit.config.served import Site, served

pytestmark = pytest.mark.needs("nginx")
PUBLIC = (
    "/t/a/jwks",
    "/t/a/.well-known/openid-configuration",
    "/.well-known/openid-configuration/t/a",
    "/.well-known/oauth-authorization-server/t/a/",
)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def proxy(site: Site, tmp_path: Path) -> Iterator[str]:
    with served(site) as ((_, server), _), proxy_of(server, tmp_path) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("path", PUBLIC)
def test_what_is_public_is_asked_for_once(proxy: str, site: Site, path: str) -> None:
    found = [requests.get(f"{proxy}{path}{query}", timeout=5) for query in ("", "", "?made=up")]
    assert [answer.text for answer in found] == [f"{path} 0"] * 3
    assert site.asked == [f"GET {path} 0"]
    requests.get(f"{proxy}{path}", headers={"Host": "another.example"}, timeout=5)
    assert len(site.asked) == 2


@pytest.mark.parametrize(
    "path", ["/t/a/userinfo", "/t/a/authorize", "/t/a/me/", "/portal/jwks", "/t/a/x/jwks"]
)
def test_nothing_else_is_kept(proxy: str, site: Site, path: str) -> None:
    for _ in range(2):
        requests.get(f"{proxy}{path}", timeout=5)
    assert len(site.asked) == 2
