from typing import Any

import pytest

from tests.provider.browser import Browser
from tests.provider.liveness.framed import SCOPES, Framed
from tests.provider.proofs import KeyHolder


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Queue nothing: each test says what a worker comes to."""
    monkeypatch.setattr("authsvc.capture.agent_api.enqueue_verification", lambda **_: None)


@pytest.fixture
def holder(visitor: Browser) -> KeyHolder:
    """A relying party with the service's scope, which proves itself by a key."""
    return KeyHolder(visitor, {"scopes": SCOPES, "redirect_uris": ["https://shop.example/cb"]})


@pytest.fixture
def other(visitor: Browser) -> KeyHolder:
    """Another one of the same tenant."""
    fields: dict[str, Any] = {"scopes": SCOPES, "redirect_uris": ["https://other.example/cb"]}
    return KeyHolder(visitor, fields)


@pytest.fixture
def framed(holder: KeyHolder) -> Framed:
    """The relying party's page, before it has asked for anything."""
    return Framed(holder)
