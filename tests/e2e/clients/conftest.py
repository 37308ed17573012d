"""The tenant that `manage.py conformance_tenant` makes, on the running product."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.services import free_port
from tests.stack import Stack


@dataclass(frozen=True)
class Provider:
    """A running provider with a sandbox tenant, and what the suite's files say of its relying parties."""

    stack: Stack
    callback: str
    plans: dict[str, Any]

    @property
    def issuer(self) -> str:
        return f"{self.stack.base_url}/t/conformance/"

    @property
    def post_logout(self) -> str:
        return self.callback.replace("callback", "post_logout_redirect")


@pytest.fixture(scope="session")
def provider(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Provider:
    """The conformance tenant; its relying parties return people to a port where nobody listens."""
    folder = tmp_path_factory.mktemp("conformance")
    suite = f"http://127.0.0.1:{free_port()}"
    stack.manage("conformance_tenant", "--suite", suite, "--folder", str(folder))
    plans = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}
    return Provider(stack, f"{suite}/test/a/visor/callback", plans)
