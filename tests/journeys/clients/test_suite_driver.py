"""The files for the OpenID Foundation's suite, obeyed by the suite's own rules in a browser of ours."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page

from tests.journeys.clients.conftest import Provider
from tests.journeys.clients.suite_browser import ScriptedBrowser, ScriptFailed, fits

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


@dataclass
class Module:
    """One module of a plan made from a file: its browser, and what came to its addresses."""

    provider: Provider
    plan: dict[str, Any]
    browser: ScriptedBrowser

    def open(self, path: str, **query: str) -> None:
        """Send the browser to an address of the provider, as the module does."""
        address = f"{self.provider.issuer}{path}"
        self.browser.go_to(f"{address}?{urlencode(query)}" if query else address)

    def sign_in(self, **extra: str) -> None:
        """Begin a sign-in of the plan's first client."""
        self.open("authorize", **self.request(**extra))

    def request(self, **extra: str) -> dict[str, str]:
        """An authentication request of the plan's first client."""
        base = {
            "response_type": "code",
            "scope": "openid offline_access",
            "state": "s-1",
            "prompt": "consent",
            "client_id": self.plan["client"]["client_id"],
            "redirect_uri": self.place("callback"),
        }
        return {**base, **extra}

    def place(self, path: str) -> str:
        """One of the module's own addresses."""
        return f"{self.provider.suite.url}/test/a/{self.plan['alias']}/{path}"

    @property
    def came_back(self) -> list[dict[str, list[str]]]:
        """The parameters with which the browser came back to the module, one entry a time."""
        pages = tuple(urlsplit(self.place(name)).path for name in ("callback", "post_logout_redirect"))
        arrived = [path for path, _body in self.provider.suite.arrived if path.startswith(pages)]
        return [parse_qs(urlsplit(path).query) for path in arrived]


@dataclass
class Suite:
    """The suite: it starts modules, each with a browser that knows nobody."""

    page: Page
    provider: Provider

    def start(self, file: str, module: str = "oidcc-server", *, placeholders: int = 0) -> Module:
        """Start a module of a plan that was made from a file; it waits for so many pictures."""
        self.page.context.clear_cookies()
        self.provider.suite.arrived.clear()
        plan = self.provider.plans[file]
        scripts = plan["override"].get(module, plan)["browser"]
        return Module(self.provider, plan, ScriptedBrowser(self.page, scripts, placeholders))


@pytest.fixture
def suite(page: Page, provider: Provider) -> Suite:
    return Suite(page, provider)


def test_it_signs_in_agrees_and_signs_out(suite: Suite) -> None:
    module = suite.start("basic")
    module.sign_in()
    module.sign_in(prompt="none")
    client = module.plan["client"]["client_id"]
    after = module.place("post_logout_redirect")
    module.open("end-session", client_id=client, post_logout_redirect_uri=after, state="bye")
    module.sign_in(prompt="none")
    first, second, gone, last = module.came_back
    assert first.keys() == second.keys() == {"code", "state", "iss"}
    assert gone == {"state": ["bye"]}
    assert last["error"] == ["login_required"]


@pytest.mark.parametrize(
    ("module", "changes"),
    [
        ("oidcc-ensure-registered-redirect-uri", {"redirect_uri": "https://elsewhere.example/"}),
        ("oidcc-ensure-redirect-uri-in-authorization-request", {"redirect_uri": ""}),
    ],
)
def test_a_refusal_is_seen_with_its_number(suite: Suite, module: str, changes: dict[str, str]) -> None:
    started = suite.start("basic", module, placeholders=1)
    started.sign_in(**changes)
    assert len(started.browser.shots) == 1
    assert started.came_back == []


@pytest.mark.parametrize("module", ["oidcc-prompt-login", "oidcc-max-age-1"])
def test_a_second_sign_in_is_seen(suite: Suite, module: str) -> None:
    started = suite.start("basic", module)
    started.sign_in()
    started.browser.placeholders = 1
    started.sign_in(prompt="login consent")
    assert "Sandbox authenticator" in started.browser.shots[0]
    assert len(started.came_back) == 2


@pytest.mark.parametrize("file", ["rp-logout", "back-channel"])
@pytest.mark.parametrize("name", ["bad-id-token-hint", "modified-id-token-hint", "no-id-token-hint"])
def test_logout_with_a_hint_that_does_not_count_leads_nowhere(suite: Suite, file: str, name: str) -> None:
    started = suite.start(file, f"oidcc-rp-initiated-logout-{name}", placeholders=1)
    started.sign_in()
    hint = {} if name == "no-id-token-hint" else {"id_token_hint": "a.b.c"}
    after = started.place("post_logout_redirect")
    started.open("end-session", post_logout_redirect_uri=after, state="bye", **hint)
    assert len(started.came_back) == 1
    # P06: it is no sign-in that is refused, and a way out is offered.
    assert "You cannot sign in this way" not in started.browser.shots[0]
    assert suite.page.locator("#logout-yes").is_visible()


@pytest.mark.parametrize("name", ["bad-post-logout-redirect-uri", "query-added-to-post-logout-redirect-uri"])
def test_logout_to_an_unknown_address_leads_nowhere(suite: Suite, name: str) -> None:
    started = suite.start("rp-logout", f"oidcc-rp-initiated-logout-{name}", placeholders=1)
    started.sign_in()
    client = started.plan["client"]["client_id"]
    started.open("end-session", client_id=client, post_logout_redirect_uri="https://elsewhere.example/")
    assert len(started.browser.shots) == len(started.came_back) == 1


@pytest.mark.parametrize("name", ["no-params", "no-post-logout-redirect-uri", "only-state"])
def test_logout_without_an_address_says_so(suite: Suite, name: str) -> None:
    started = suite.start("rp-logout", f"oidcc-rp-initiated-logout-{name}", placeholders=1)
    started.sign_in()
    started.open("end-session", **({"state": "bye"} if name == "only-state" else {}))
    assert "You are signed out" in started.browser.shots[0]
    assert len(started.came_back) == 1


def test_logout_pages_of_other_sites_are_waited_for(suite: Suite) -> None:
    started = suite.start("front-channel")
    started.sign_in()
    client, after = started.plan["client"]["client_id"], started.place("post_logout_redirect")
    started.open("end-session", client_id=client, post_logout_redirect_uri=after, state="bye")
    paths = [path for path, _ in suite.provider.suite.arrived]
    assert any("/frontchannel_logout?" in path for path in paths)
    assert started.came_back[-1] == {"state": ["bye"]}


@pytest.mark.parametrize("what", ["logo", "policy", "tos"])
def test_what_a_client_shows_is_seen_where_people_sign_in(suite: Suite, what: str) -> None:
    started = suite.start("dynamic", f"oidcc-registration-{what}-uri", placeholders=1)
    client = suite.provider.plans["basic"]["client"]["client_id"]
    back = suite.provider.callback
    started.open("authorize", client_id=client, response_type="code", scope="openid", redirect_uri=back)
    assert "Sandbox authenticator" in started.browser.shots[0]
    assert started.came_back == []


def test_a_sign_in_is_left_and_opened_again(suite: Suite) -> None:
    name = "fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds"
    started = suite.start("basic", name)
    scripts = suite.provider.plans["fapi2-security"]["override"][name]["browser"]
    started.browser = ScriptedBrowser(suite.page, scripts)
    started.sign_in()
    assert started.came_back == []
    started.sign_in()
    assert len(started.came_back) == 1


def test_it_refuses_to_share(suite: Suite) -> None:
    started = suite.start("basic", "fapi2-security-profile-final-user-rejects-authentication")
    started.sign_in()
    assert started.came_back[-1]["error"] == ["access_denied"]


@pytest.mark.parametrize(
    ("pattern", "there"),
    [("Sandbox authenticator", False), ("Continue", True), ("^Test person", True)],
)
def test_a_pattern_has_to_stand_in_the_element_itself(suite: Suite, pattern: str, there: bool) -> None:
    """So the suite reads scripts; a heading beside the element, as our files once named it, is not found."""
    started = suite.start("basic")
    issuer = suite.provider.issuer
    look = {"task": "Look", "commands": [["wait", "id", "sandbox-form", 1, pattern]]}
    started.browser = ScriptedBrowser(suite.page, [{"match": f"{issuer}authorize*", "tasks": [look]}])
    if there:
        started.sign_in()
        return
    with pytest.raises(ScriptFailed, match="timed out"):
        started.sign_in()


def test_addresses_fit_as_the_suite_has_it() -> None:
    assert fits("https://op.example/authorize*", "https://op.example/authorize?a=b")
    assert fits("https://suite.example/test/*/callback*", "https://suite.example/test/a/b/callback?c")
    assert not fits("https://op.example/a?c", "https://op.example/abc")
    assert not fits("https://op.example/[a]", "https://op.example/a")


def test_each_file_has_an_alias_and_addresses_of_its_own(provider: Provider) -> None:
    aliases = [plan["alias"] for plan in provider.plans.values()]
    assert len(set(aliases)) == len(aliases)
    names = re.compile(r"conformance-[a-z0-9-]+")
    clients = [
        plan[part]["client_id"]
        for plan in provider.plans.values()
        for part in ("client", "client2", "client_secret_post")
        if "client_id" in plan.get(part, {})
    ]
    assert len(set(clients)) == len(clients)
    assert all(names.fullmatch(client) for client in clients)
