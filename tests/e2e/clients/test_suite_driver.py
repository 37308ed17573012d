"""The scripts for the conformance suite's browser, run here by the suite's own rules for them."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page

from tests.e2e.clients.conftest import Provider

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
SELECTORS = {"id": "#{}", "css": "{}", "xpath": "xpath={}"}


@dataclass
class Suite:
    """A browser that obeys a plan's scripts; it keeps the addresses at which it came back."""

    page: Page
    provider: Provider
    plan: dict[str, Any]
    shots: int = 0

    @property
    def came_back(self) -> list[str]:
        """The paths, with their queries, at which the browser came back."""
        pages = ("/test/a/visor/callback", "/test/a/visor/post_logout_redirect")
        return [path for path, _body in self.provider.suite.arrived if path.startswith(pages)]

    def run(self, path: str, *, module: str = "", **query: str) -> None:
        """Open an address of the provider and do what the plan, or its override for a module, says."""
        scripts = self.plan["override"].get(module, self.plan)["browser"]
        url = f"{self.provider.issuer}{path}?{urlencode(query)}"
        script = next(entry for entry in scripts if fnmatchcase(url, entry["match"]))
        self.page.goto(url)
        for task in script["tasks"]:
            if not fnmatchcase(self.page.url, task["match"]):
                assert task.get("optional"), (task["task"], self.page.url)
                continue
            for command in task["commands"]:
                self.obey(command)
            self.page.wait_for_load_state()

    def obey(self, command: list[Any]) -> None:
        """Do one command: click, or wait for an element, with a picture of it where asked."""
        verb, kind, target, *rest = command
        element = self.page.locator(SELECTORS[kind].format(target))
        if verb == "click":
            if element.count() or "optional" not in rest:
                element.click()
            return
        element.wait_for(timeout=1000 * rest[0], state="attached")
        self.shots += len(rest) == 3 and rest[2].startswith("update-image-placeholder")

    def answer(self) -> dict[str, list[str]]:
        """The parameters with which the browser came back last."""
        return parse_qs(urlsplit(self.came_back[-1]).query)

    def request(self, **extra: str) -> dict[str, str]:
        """An authentication request of the plan's first client."""
        base = {
            "response_type": "code",
            "scope": "openid offline_access",
            "state": "s-1",
            "prompt": "consent",
        }
        named = {"client_id": self.plan["client"]["client_id"], "redirect_uri": self.provider.callback}
        return {**base, **named, **extra}


@pytest.fixture
def suite(page: Page, provider: Provider) -> Suite:
    """The suite with the plan of Basic and logout."""
    provider.suite.arrived.clear()
    return Suite(page, provider, provider.plans["basic"])


def test_it_signs_in_agrees_and_signs_out(suite: Suite) -> None:
    suite.run("authorize", **suite.request())
    assert suite.answer().keys() == {"code", "state", "iss"}
    suite.run("authorize", **suite.request(prompt="none"))
    assert suite.answer().keys() == {"code", "state", "iss"}
    client = suite.plan["client"]["client_id"]
    suite.run(
        "end-session", client_id=client, post_logout_redirect_uri=suite.provider.post_logout, state="bye"
    )
    assert suite.answer() == {"state": ["bye"]}
    suite.run("authorize", **suite.request(prompt="none"))
    assert suite.answer()["error"] == ["login_required"]


def test_it_takes_pictures_where_the_suite_wants_to_see_a_page(suite: Suite) -> None:
    module = "oidcc-ensure-registered-redirect-uri"
    suite.run("authorize", module=module, **suite.request(redirect_uri="https://elsewhere.example/"))
    assert (suite.shots, suite.came_back) == (1, [])
    suite.run("authorize", module="oidcc-prompt-login", **suite.request(prompt="login consent"))
    assert suite.shots == 2
    module = "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri"
    suite.run(
        "end-session",
        module=module,
        client_id=suite.plan["client"]["client_id"],
        post_logout_redirect_uri="https://elsewhere.example/",
    )
    suite.run("end-session", module="oidcc-rp-initiated-logout-bad-id-token-hint", id_token_hint="a.b.c")
    suite.run("end-session", module="oidcc-rp-initiated-logout-no-params")
    assert (suite.shots, len(suite.came_back)) == (5, 1)


def test_it_refuses_to_share(suite: Suite) -> None:
    module = "fapi2-security-profile-final-user-rejects-authentication"
    suite.run("authorize", module=module, **suite.request())
    assert suite.answer()["error"] == ["access_denied"]
