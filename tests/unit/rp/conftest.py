from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.rp.provider import SUB, FakeProvider, running_provider
from tests.unit.rp.site import Member, running_site


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, FakeProvider, Path]]:
    """The partner site and a provider, both running; with the site's data directory."""
    data_dir = tmp_path_factory.mktemp("partner")
    with running_provider() as provider, running_site(data_dir, provider.issuer) as base_url:
        yield base_url, provider, data_dir


@pytest.fixture
def member(served: tuple[str, FakeProvider, Path]) -> Iterator[Member]:
    base_url, provider, _ = served
    provider.userinfo_sub = SUB
    visitor = Member(base_url, provider)
    with visitor.http:
        yield visitor
