"""The tenant that `manage.py conformance_tenant` makes, on the running product."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from devtools.stack.stack import Stack
from tests.provider.receiver import Receiver, receiving


@dataclass(frozen=True)
class Provider:
    """A running provider with a sandbox tenant, and what the suite's files say of its relying parties."""

    stack: Stack
    suite: Receiver
    plans: dict[str, Any]

    @property
    def issuer(self) -> str:
        return f"{self.stack.base_url}/t/conformance/"

    @property
    def callback(self) -> str:
        return self.place("callback")

    @property
    def post_logout(self) -> str:
        return self.place("post_logout_redirect")

    def place(self, path: str, *, plan: str = "basic") -> str:
        """An address of the suite that the relying parties of a plan are registered with."""
        return f"{self.suite.url}/test/a/{self.plans[plan]['alias']}/{path}"


@pytest.fixture(scope="session")
def provider(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """The conformance tenant; its relying parties return people to a page that keeps what came."""
    folder = tmp_path_factory.mktemp("conformance")
    with receiving() as suite:
        suite.body, suite.content_type = b'<p id="submission_complete">done</p>', "text/html"
        stack.manage("conformance_tenant", "--suite", suite.url, "--folder", str(folder))
        plans = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}
        yield Provider(stack, suite, plans)
