"""Every page that a person can come to has a way on: all states are walked to and listed in docs/states.md.

`make states` writes that file. What the walks never showed, a template or a refusal, fails here too.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import transaction
from django.template import Template
from django.test.signals import template_rendered
from django.test.utils import override_settings
from playwright.sync_api import Page

from authsvc.core.remembered import forget_everything
from authsvc.tenancy.scope import tenant_scope
from tests.browser.looks import EVERY_LOOK, problems_of
from tests.campaign import Size, sampled
from tests.journeys.ends import inventory
from tests.journeys.ends.naming import with_long_names
from tests.journeys.ends.reading import Part, read
from tests.journeys.ends.refusals import REFUSALS
from tests.journeys.ends.showing import looks
from tests.journeys.ends.states import STATES, State
from tests.journeys.ends.walker import Walker
from tests.journeys.ends.weight import weight

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "states.md"
_RANDOM = re.compile(r"t-[0-9a-f]{12}|[\w-]{12,24}(?=@example\.org)")
_TENANT = re.compile(r"t-[0-9a-f]{12}")
# Screens of the agent's page that go on by themselves.
PASSING = {
    "fetching": "goes on when the reference has come, with a deadline",
    "sending": "goes on when the pictures are sent, with a deadline",
    "waiting": "goes on with the verdict, which has a deadline",
    "done": "leads on at once",
    "desk-done": "leads on at once",
}
# States in which nothing can be pressed, and why.
WAYLESS = {
    "Request: answered by a form that posts itself": "its form goes on by itself, or by its button",
    "Portal: settings/preview/page/": "shown within the settings, which have the ways on",
    "Portal: settings/preview/mail/": "shown within the settings, which have the ways on",
}
# A letter has no heading, and its style comes from an address that is not there when it is looked at alone.
LETTERS = {"Portal: settings/preview/mail/": "seen in tests/browser/portal/test_settings.py, within its page"}
# Bytes of styles and scripts that a page of the portal may load, before they are compressed.
LIGHT = 60_000
# Every third state is reloaded by `make test`, each by the campaign.
RELOADED = [state.name for state in STATES[::3]]
Follow = Callable[[Walker, str], int]
"""Goes a way from a page, and says the status that it ends with."""


@dataclass
class Shown:
    """What was shown in a state, at first and after a reload, and the page's template."""

    status: int
    kind: str
    parts: list[Part]
    again: int
    html: str = ""
    template: str = ""
    links: dict[str, int] = field(default_factory=dict)

    @property
    def page(self) -> Part:
        return self.parts[0]


@dataclass
class Crawl:
    """What came of all walks."""

    shown: dict[str, Shown] = field(default_factory=dict)
    broken: dict[str, Exception] = field(default_factory=dict)
    templates: set[str] = field(default_factory=set)
    met: dict[str, bool] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)
    followed: dict[tuple[bool, str], int] = field(default_factory=dict)
    """By the way, whichever tenant's it is, of a member or of somebody else; empty where all are followed."""

    def at(self, name: str) -> Shown:
        """What was shown in a state; raises what its walk raised."""
        if name in self.broken:
            raise self.broken[name]
        return self.shown[name]


@pytest.fixture(scope="module")
def crawl(pytestconfig: pytest.Config, django_db_setup: None, django_db_blocker: Any) -> Crawl:
    """Walk to every state once; nothing of it stays in the database.

    A way that states share is followed from the first of them, in the campaign from each.
    """
    crawl, every = Crawl(), bool(pytestconfig.getoption("whole"))

    def note(sender: object, template: Template, **_: object) -> None:
        crawl.templates.add(template.name or "")

    template_rendered.connect(note)
    with (
        django_db_blocker.unblock(),
        inventory.listening(crawl.refused, crawl.rules),
    ):
        for state in STATES:
            try:
                followed = {} if every else crawl.followed
                reloads = every or state.name in RELOADED
                crawl.shown[state.name] = _inside(state.walk, partial(_follow, followed), reloads=reloads)
            except Exception as problem:  # noqa: BLE001 - raised again by the tests of this state
                crawl.broken[state.name] = problem
        for code, walk in REFUSALS:
            crawl.refused.discard(code)
            _inside(walk, partial(_follow, {}))
            crawl.met[code] = code in crawl.refused
    template_rendered.disconnect(note)
    return crawl


def _inside(walk: Any, follow: Follow, *, reloads: bool = False) -> Any:
    with transaction.atomic():
        forget_everything()
        walker = Walker()
        with tenant_scope(walker.tenant.id):
            answer = walk(walker.begin())
            came = hasattr(answer, "wsgi_request")
            shown = _shown(walker, answer, follow, reloads=reloads) if came else None
        transaction.set_rollback(True)
    return shown


def _follow(followed: dict[tuple[bool, str], int], walker: Walker, link: str) -> int:
    way = (SESSION_KEY in walker.browser.session, _TENANT.sub("…", link))
    if way not in followed:
        followed[way] = walker.goes_on(walker.browser.get(link)).status_code
    return followed[way]


def _shown(walker: Walker, answer: Any, follow: Follow, *, reloads: bool) -> Shown:
    request = answer.wsgi_request
    kind = answer.get("Content-Type", "")
    parts = read(answer.content.decode()) if kind.startswith("text/html") else [Part()]
    again = answer.status_code
    if reloads and request.method == "GET":
        again = walker.goes_on(walker.browser.get(request.get_full_path())).status_code
    inside = {link for part in parts for link in part.links if urlsplit(link).netloc == ""}
    links = {link: follow(walker, link) for link in inside}
    # The first one that was rendered is the page's, and those that it extends come after it.
    template = next((each.name for each in answer.templates), "")
    return Shown(answer.status_code, kind, parts, again, answer.content.decode(), template, links)


names = pytest.mark.parametrize("name", [state.name for state in STATES])


@names
def test_c10_a_page_has_one_heading_and_a_way_on(crawl: Crawl, name: str) -> None:
    shown = crawl.at(name)
    assert shown.kind.startswith("text/html"), shown.kind
    screens = shown.parts[1:]
    if screens:
        wayless = [part.name for part in screens if not part.ways and part.name not in PASSING]
        assert wayless == []
        assert [part.name for part in screens if len(part.headings) != 1] == []
    elif name not in WAYLESS:
        assert len(shown.page.headings) == 1, shown.page
        assert shown.page.ways, shown.page


@pytest.mark.parametrize("name", sampled({state.name: state.name for state in STATES}, *RELOADED))
def test_c10_reloading_a_page_that_was_right_is_right(crawl: Crawl, name: str) -> None:
    shown = crawl.at(name)
    assert shown.again < 400 or shown.status >= 400
    assert shown.again != 500 or shown.status == 500


@names
def test_c10_every_way_leads_somewhere(crawl: Crawl, name: str) -> None:
    dead = {link: status for link, status in crawl.at(name).links.items() if status >= 400}
    assert dead == {}


@pytest.mark.browser
@pytest.mark.needs("node")
def test_every_page_and_screen_is_seen_and_reached_by_everybody(crawl: Crawl, page: Page, size: Size) -> None:
    """The campaign looks at every state in every look; `make test` at each page once, in one of them."""
    seen: set[str] = set()
    found: dict[str, object] = {}
    states = {state: shown for state, shown in crawl.shown.items() if state not in LETTERS}
    pages = {shown.template: state for state, shown in reversed(states.items())}
    count = size("states looked at", sample=len(pages), whole=len(states))
    every = count > len(pages)
    for at, state in enumerate(states if every else pages.values()):
        shown = looks(page, with_long_names(crawl.shown[state].html), seen)
        for name in shown if every else islice(shown, 1):
            chosen = EVERY_LOOK if every else [EVERY_LOOK[at % len(EVERY_LOOK)]]
            if problems := problems_of(page, chosen):
                found[f"{state} {name}"] = problems
    assert found == {}


@pytest.mark.browser
@pytest.mark.campaign
@pytest.mark.whole
@pytest.mark.needs("node", "gettext")
@pytest.mark.parametrize("language", sorted(set(dict(settings.LANGUAGES)) - {"en"}))
def test_every_page_has_room_for_the_words_of_each_language(page: Page, language: str) -> None:
    seen: set[str] = set()
    found: dict[str, object] = {}
    with override_settings(LANGUAGE_CODE=language):
        for state in STATES:
            if state.name in LETTERS:
                continue
            html = _inside(state.walk, lambda _walker, _link: 200).html
            assert f'lang="{language}"' in html, state.name
            for name in looks(page, html, seen):
                if problems := problems_of(page):
                    found[f"{state.name} {name}"] = problems
    assert found == {}


def test_a_page_of_the_portal_loads_little(crawl: Crawl) -> None:
    pages = {state: shown.html for state, shown in crawl.shown.items() if "/js/portal/" in shown.html}
    loaded = {state: weight(html) for state, html in pages.items()}
    assert all("/static/js/portal/palette.js" in each for each in loaded.values())
    heavy = {state: each for state, each in loaded.items() if sum(each.values()) > LIGHT}
    assert heavy == {}


def test_states_have_names_of_their_own() -> None:
    assert len({state.name for state in STATES}) == len(STATES)
    assert set(WAYLESS) <= {state.name for state in STATES}


def test_c10_no_template_was_left_out(crawl: Crawl) -> None:
    left_out = inventory.templates() - crawl.templates
    assert not left_out - set(inventory.NOT_PAGES), sorted(left_out - set(inventory.NOT_PAGES))
    assert set(inventory.NOT_PAGES) <= left_out, "it is rendered by now"


def test_c10_no_refusal_was_left_out(crawl: Crawl) -> None:
    left_out = inventory.codes() - crawl.refused
    assert not left_out - set(inventory.NOT_TO_PEOPLE), sorted(left_out - set(inventory.NOT_TO_PEOPLE))
    assert set(inventory.NOT_TO_PEOPLE) <= left_out, "it is met by now"


def test_c10_what_the_agents_page_is_told_is_met_by_its_walk(crawl: Crawl) -> None:
    assert [code for code, met in crawl.met.items() if not met] == []


def test_c10_no_rule_that_ends_on_a_page_was_left_out(crawl: Crawl) -> None:
    left_out = inventory.rules() - crawl.rules
    assert not left_out - set(inventory.NOT_ON_A_PAGE), sorted(left_out - set(inventory.NOT_ON_A_PAGE))
    assert set(inventory.NOT_ON_A_PAGE) <= left_out, "it is met by now"


def test_the_list_of_states_is_up_to_date(crawl: Crawl) -> None:
    text = _document(crawl)
    if os.environ.get("WRITE_STATES") == "1":
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text, "make states"


def _document(crawl: Crawl) -> str:
    rows = [_row(state, crawl.at(state.name)) for state in STATES]
    screens = {part.name: part for shown in crawl.shown.values() for part in shown.parts[1:]}
    return "\n".join(
        [
            "# States",
            "",
            "Every way in which a person can come to a page, what it says, and what can be pressed there.",
            "Written by `make states` from the walks of `tests/journeys/ends/states.py`, which drive the",
            "product. `tests/journeys/test_dead_ends.py` fails where a page has no way on, where a reload of",
            "a good page shows an error, where a way leads to one, and where a template or a refusal was",
            "never met.",
            "",
            "| place | how one comes there | status | heading | ways on |",
            "|---|---|---|---|---|",
            *rows,
            "",
            "## Screens of the agent's page",
            "",
            "The page of an enrolment, a sign-in or a second passkey shows one of these at a time.",
            "",
            "| screen | heading | ways on |",
            "|---|---|---|",
            *(_screen(part) for name, part in sorted(screens.items())),
            "",
        ]
    )


def _row(state: State, shown: Shown) -> str:
    heading = _RANDOM.sub("…", shown.page.headings[0]) if shown.page.headings else "–"
    ways = _ways(shown.page.ways) or "its button"
    if len(shown.parts) > 1:
        heading, ways = "the agent's page", "those of its screens"
    return f"| {state.place} | {state.how} | {shown.status} | {heading} | {_TENANT.sub('…', ways)} |"


def _screen(part: Part) -> str:
    return f"| `{part.name}` | {part.headings[0]} | {_ways(part.ways) or PASSING.get(part.name, '')} |"


def _ways(ways: list[str]) -> str:
    shown = list(dict.fromkeys(ways))
    return " · ".join(shown[:6]) + (f" · {len(shown) - 6} more" if len(shown) > 6 else "")
