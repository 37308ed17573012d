"""Passkeys in a browser: what each error says, and which way it leaves open (C03, C07)."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from authsvc.devices.models import Device
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction
from tests.browser.capture.person import Person
from tests.campaign import crossed, sampled
from tests.factories import make_consent, make_subject

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PROBLEM = '[data-screen="passkey-problem"]'
FAIL = """(name) => {
  navigator.credentials.get = navigator.credentials.create = async () => {
    throw name === "TypeError" ? new TypeError() : new DOMException("", name);
  };
}"""
FAIL_TO_MAKE = """() => {
  navigator.credentials.create = async () => { throw new DOMException("", "NotAllowedError"); };
}"""
SAYS = {
    "NotAllowedError": "You stopped, it took too long",
    "SecurityError": "The address of this page is not the one",
    "AbortError": "Another page or program asked for a passkey",
    "NotSupportedError": "It knows no passkeys of the kind",
    "ConstraintError": "Set a PIN, a fingerprint or face unlock",
    "UnknownError": "The device could not use a passkey",
    "OperationError": "The device could not use a passkey",
    "TypeError": "The device could not use a passkey",
}
KINDS = {
    "sign-in": Transaction.Kind.AUTHENTICATE,
    "enrolment": Transaction.Kind.ENROL,
    "second passkey": Transaction.Kind.BIND,
}
# How often the device was asked; its PRF is computed at a second use only, as by many security keys. Asked
# to, the person leaves in the moment in which the device has answered.
COUNT_CEREMONIES = """(leaveWhenUnlocked) => {
  window.ceremonies = 0;
  window.leave = () => document.querySelector('[data-screen="passkey"] [data-act="leave"]').click();
  for (const kind of ["get", "create"]) {
    const real = navigator.credentials[kind].bind(navigator.credentials);
    navigator.credentials[kind] = async (options) => {
      window.ceremonies += 1;
      const made = await real(options);
      made.getClientExtensionResults = () => {
        leaveWhenUnlocked && window.leave();
        return { prf: { enabled: true } };
      };
      return made;
    };
  }
}"""

# When the person leaves: how often the device has been asked by then, and how much was sent.
LEAVING = {
    "before it is asked for": ("**/passkey/options", 0, 0),
    "when it is unlocked": ("unlocked", 1, 0),
    "while it is sent": ("**/passkey", 1, 1),
}


@pytest.mark.parametrize(("error", "kind"), crossed({error: error for error in SAYS}, KINDS, sample=3))
def test_c07_each_error_has_its_words_and_a_way_on(person: Person, page: Page, error: str, kind: str) -> None:
    row = person.open(kind, **({"subject": make_subject()} if kind == Transaction.Kind.ENROL else {}))
    page.evaluate(FAIL, error)
    person.taps("passkey")
    person.sees("passkey-problem")
    screen = page.locator(PROBLEM)
    expect(screen).to_contain_text(SAYS[error])
    again = screen.locator('[data-act="passkey"]')
    assert again.is_visible() is (error != "SecurityError")
    person.taps("leave")
    page.wait_for_url(f"**/passkeys/?{row.id}")


def test_c07_a_passkey_that_never_answers_ends(person: Person, page: Page) -> None:
    page.clock.install()
    person.open()
    page.evaluate(
        """() => {
          navigator.credentials.get = () => new Promise(() => { document.body.dataset.unlocking = ""; });
        }"""
    )
    person.taps("passkey")
    expect(page.locator("body[data-unlocking]")).to_be_visible()
    page.clock.fast_forward(126_000)
    person.sees("passkey-problem")
    expect(page.locator(PROBLEM)).to_contain_text("That took too long")


@pytest.mark.parametrize("obeys", sampled({"it obeys": True, "it does not": False}, "it does not"))
def test_c10_unlocking_can_be_cancelled(person: Person, page: Page, obeys: bool) -> None:
    row = person.open()
    page.evaluate(
        """(obeys) => {
          navigator.credentials.get = ({ signal }) => new Promise((_, reject) => {
            document.body.dataset.unlocking = "";
            signal.addEventListener("abort", () => obeys && reject(signal.reason));
          });
        }""",
        obeys,
    )
    person.taps("passkey")
    person.sees("passkey")
    expect(page.locator("body[data-unlocking]")).to_be_visible()
    page.get_by_role("button", name="Cancel").locator("visible=true").click()
    page.wait_for_url(f"**/passkeys/?{row.id}")
    row.refresh_from_db()
    assert row.state == Transaction.State.CANCELLED


@pytest.mark.parametrize("when", sampled(LEAVING, "before it is asked for", "when it is unlocked"))
def test_c10_who_leaves_while_the_page_is_busy_unlocks_and_sends_no_more(
    person: Person, page: Page, when: tuple[str, int, int]
) -> None:
    at, ceremonies, sent = when
    subject = make_subject(name="Ada Example", reference="")
    make_consent(subject)
    row = person.open(Transaction.Kind.ENROL, subject=subject)
    page.evaluate(COUNT_CEREMONIES, at == "unlocked")
    counted: list[int] = []

    def leave_first(route: Route) -> None:
        page.evaluate("leave()")
        route.continue_()

    def count(route: Route) -> None:
        counted.append(page.evaluate("window.ceremonies"))
        route.continue_()

    page.route(at, leave_first)
    page.route("**/cancel", count)
    person.taps("passkey")
    page.wait_for_url(f"**/passkeys/?{row.id}")
    assert counted == [ceremonies]
    assert sum(request.url.endswith("/passkey") for request in person.requests) == sent
    row.refresh_from_db()
    assert row.state == Transaction.State.CANCELLED


class TestC03SecondLink:
    """An enrolment on a phone that has a passkey already."""

    @pytest.fixture
    def begun(self, person: Person) -> Subject:
        """A person who began without a face, on this phone."""
        subject = make_subject(name="Ada Example", reference="")
        make_consent(subject)
        person.open(Transaction.Kind.ENROL, subject=subject)
        person.taps("passkey")
        person.sees("prepare")
        subject.devices.update(status=Device.Status.ACTIVE)
        return subject

    def test_the_passkey_that_is_there_leads_to_the_face(
        self, person: Person, page: Page, begun: Subject
    ) -> None:
        row = person.open(Transaction.Kind.ENROL, subject=begun)
        person.taps("passkey")
        person.sees("passkey-problem")
        expect(page.locator(PROBLEM)).to_contain_text("This device holds a passkey of yours")
        expect(page.locator(f'{PROBLEM} [data-act="passkey"]')).to_be_hidden()
        person.taps("existing-passkey")
        person.sees("prepare")
        row.refresh_from_db()
        assert (row.state, row.device) == (Transaction.State.PROVEN, begun.devices.get())

    def test_it_is_offered_from_the_start(self, person: Person, page: Page, begun: Subject) -> None:
        person.open(Transaction.Kind.ENROL, subject=begun)
        person.taps("existing-passkey")
        person.sees("prepare")

    def test_where_the_device_hides_it(self, person: Person, page: Page, begun: Subject) -> None:
        person.open(Transaction.Kind.ENROL, subject=begun)
        page.evaluate(FAIL_TO_MAKE)
        person.taps("passkey")
        expect(page.locator(PROBLEM)).to_contain_text("this device holds your passkey already")
        person.taps("existing-passkey")
        person.sees("prepare")

    def test_whoever_has_none_is_not_offered_any(self, person: Person, page: Page) -> None:
        person.open(Transaction.Kind.ENROL, subject=make_subject(reference=""))
        page.evaluate(FAIL, "NotAllowedError")
        person.taps("passkey")
        person.sees("passkey-problem")
        expect(page.locator('[data-act="existing-passkey"]:visible')).to_have_count(0)

    def test_a_second_passkey_needs_another_device(self, person: Person, page: Page) -> None:
        person.enrolled()
        person.open(Transaction.Kind.BIND)
        person.taps("passkey")
        person.sees("create")
        person.taps("passkey")
        expect(page.locator(PROBLEM)).to_contain_text("Choose another device or a security key")
        expect(page.locator(f'{PROBLEM} [data-act="passkey"]')).to_be_visible()


def test_c03_without_prf_and_share_a_new_share_is_kept(person: Person, page: Page) -> None:
    """Who cleared this browser's store can still add a face: the reference is new, and so is the share."""
    person.devtools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": person.authenticator})
    person.add_authenticator(prf=False)
    subject = make_subject(reference="")
    make_consent(subject)
    person.open(Transaction.Kind.ENROL, subject=subject)
    person.taps("passkey")
    person.sees("prepare")
    subject.devices.update(status=Device.Status.ACTIVE)
    page.evaluate("indexedDB.deleteDatabase('visor-shares')")
    person.open(Transaction.Kind.ENROL, subject=subject)
    person.taps("existing-passkey")
    person.sees("prepare")
    assert re.search("visor-shares", str(page.evaluate("indexedDB.databases()")))
