"""The page on which a person waits to approve something: it looks by itself, and never leads to an end."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Route, expect

from authsvc.oidc.ciba.waiting import open_request
from authsvc.oidc.models import Session
from authsvc.oidc.requests.wanted import Backchannel, Context
from authsvc.subjects.models import Subject
from tests.browser.capture.person import Person
from tests.factories import make_party

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

WORDS = "blue whale 42"
TURN_MS = 10_000
NOTHING, SOMETHING, SIGN_IN = "Nothing waits for you", "Approve: Corner Shop", "Waiting for you"
HIDDEN = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


class Waiting:
    """The person in front of the page, by whose clock the test lets turns go by."""

    def __init__(self, person: Person, subject: Subject) -> None:
        self.page, self.subject, self._person = person.page, subject, person
        self._url = f"{person.base}/t/{person.tenant.slug}/approve/"

    def comes(self) -> None:
        """Sign in on the page; nothing waits there, and a mark shows from now on whether it is still it."""
        self.page.goto(self._url)
        self.page.get_by_role("button", name="Sign in").click()
        self._person.sees("welcome")
        self._person.taps("passkey")
        self._person.taps("without-face")
        self.shows(NOTHING)
        self.page.clock.install()
        self.page.goto(self._url)
        self.page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=5))
        self.page.locator("#way-on").focus()
        self.page.evaluate("window.untouched = true")

    def turns(self, count: int = 1) -> None:
        """Let as many turns go by, each with its answer."""
        for _ in range(count):
            wanted = self.asked + self.page.evaluate("Number(!document.hidden)")
            self.page.clock.run_for(TURN_MS)
            self.awaits(wanted)

    def awaits(self, count: int) -> None:
        """Wait until the page has asked so often."""
        for _ in range(100):
            if self.asked >= count:
                break
            self.page.wait_for_timeout(50)
        assert self.asked == count

    @property
    def asked(self) -> int:
        """How often the page has asked in the background."""
        asking = [request for request in self._person.requests if request.url == self._url]
        return sum(request.resource_type == "fetch" for request in asking)

    def shows(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)

    def is_untouched(self) -> None:
        """The same page as at first, with the keyboard where it was, and with a way on."""
        self.shows(NOTHING)
        assert self.page.evaluate("window.untouched && document.activeElement.id") == "way-on"
        expect(self.page.locator("#way-on")).to_be_visible()

    def is_asked(self) -> None:
        """A relying party asks for the person."""
        client = make_party(name="Corner Shop", backchannel_token_delivery_mode="poll")
        open_request(
            Context(self._person.tenant, {}, client_=client, backchannel=Backchannel(self.subject, WORDS))
        )

    def can_answer(self) -> None:
        """What waits is shown, and can be answered."""
        self.shows(SOMETHING)
        expect(self.page.get_by_text(WORDS)).to_be_visible()
        expect(self.page.get_by_role("button", name="Approve")).to_be_enabled()
        assert self._person.violations == []


@pytest.fixture
def waiting(person: Person) -> Waiting:
    """The page, with nobody asking yet."""
    page = Waiting(person, person.enrolled())
    page.comes()
    return page


def test_what_begins_to_wait_is_shown_and_nothing_moves_before(waiting: Waiting) -> None:
    waiting.turns(3)
    waiting.is_untouched()
    waiting.is_asked()
    waiting.turns()
    waiting.can_answer()


def test_a_page_that_nobody_sees_asks_nothing_and_looks_at_once_when_it_is_seen(waiting: Waiting) -> None:
    waiting.turns()
    waiting.page.evaluate(HIDDEN, True)
    waiting.is_asked()
    waiting.turns(6)
    assert waiting.asked == 1
    waiting.page.evaluate(HIDDEN, False)
    waiting.can_answer()


@pytest.mark.parametrize("status", [500, 503, 404])
def test_an_error_of_the_server_leaves_the_page_as_it_is(waiting: Waiting, status: int) -> None:
    waiting.is_asked()
    waiting.page.route("**/approve/", lambda route: _refuse(route, status))
    waiting.turns(2)
    waiting.is_untouched()
    waiting.page.unroute("**/approve/")
    waiting.turns()
    waiting.can_answer()


def _refuse(route: Route, status: int) -> None:
    # An error's page may hold a form; it is shown to nobody.
    route.fulfill(status=status, body="<main><form></form></main>", content_type="text/html")


def test_a_page_without_a_network_stays_and_looks_when_it_is_back(waiting: Waiting) -> None:
    waiting.is_asked()
    waiting.page.context.set_offline(True)
    waiting.turns(2)
    waiting.is_untouched()
    waiting.page.context.set_offline(False)
    waiting.can_answer()


def test_an_answer_that_does_not_come_holds_nothing_up(waiting: Waiting) -> None:
    waiting.page.route("**/approve/", lambda route: None)
    waiting.turns(2)
    waiting.is_untouched()
    waiting.page.unroute("**/approve/")
    waiting.is_asked()
    waiting.turns()
    waiting.can_answer()


def test_who_is_signed_out_meanwhile_is_led_to_sign_in(waiting: Waiting) -> None:
    Session.objects.all().delete()
    waiting.turns()
    waiting.shows(SIGN_IN)
    expect(waiting.page.get_by_role("button", name="Sign in")).to_be_visible()
