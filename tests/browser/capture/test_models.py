"""Each application model in the real page: what this browser keeps of a face, sends along, and loses.

The worker's own code judges; for its stages every face is the right one (tests/unit/biometrics/accepting.py).
"""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.application_models import Flow, application_model
from authsvc.core.ids import unb64u
from authsvc.enrolment.services import create_link
from authsvc.management import faces
from authsvc.management.actors import COMMAND_LINE
from authsvc.policy.services import publish_models
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction
from tests.browser.capture.person import Person
from tests.browser.capture.samples import manifest
from tests.campaign import sampled
from tests.factories import make_subject
from tests.models import IN_PAGES, KEPT_BY_PHONES
from tests.unit.biometrics.accepting import TEMPLATE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.requirement("S6.3-01", "S6.3-02"),
    pytest.mark.usefixtures("two_cues"),
]
# Every other test in the page is of the default.
# Those that ask something of the page itself; the others are its usual sign-in, and the campaign's.
IN_THE_PAGE = sampled({letter: letter for letter in IN_PAGES}, *KEPT_BY_PHONES)
STORED = """async () => {
    const opened = await new Promise((done) => {
        const request = indexedDB.open("visor-shares", 1);
        request.onupgradeneeded = () => request.result.createObjectStore("values");
        request.onsuccess = () => done(request.result);
    });
    const values = opened.transaction("values").objectStore("values");
    const all = (asked) => new Promise((done) => { asked.onsuccess = () => done(asked.result); });
    const [keys, held] = await Promise.all([all(values.getAllKeys()), all(values.getAll())]);
    opened.close();
    return keys.map((key, at) => [key, held[at]])
        .filter(([key]) => key.startsWith("reference:"))
        .map(([key, kept]) => [key.slice("reference:".length), kept.map(({ id, bundles }) =>
            [id, bundles.map((each) => Array.from(each))])]);
}"""
# As somebody does who can write to the phone's storage.
PUT_OLD_FOR_NEW = """async () => {
    const opened = await new Promise((done) => {
        const request = indexedDB.open("visor-shares", 1);
        request.onsuccess = () => done(request.result);
    });
    const values = opened.transaction("values", "readwrite").objectStore("values");
    const all = (asked) => new Promise((done) => { asked.onsuccess = () => done(asked.result); });
    for (const key of await all(values.getAllKeys())) {
        const kept = await all(values.get(key));
        if (key.startsWith("reference:") && kept.length > 1) {
            await all(values.put([{ ...kept[1], bundles: kept[0].bundles }], key));
        }
    }
    opened.close();
}"""
CLEAR = "() => new Promise((done) => { indexedDB.deleteDatabase('visor-shares').onsuccess = done; })"


def chosen(letter: str) -> None:
    others = [each for each in IN_PAGES if each != letter]
    publish_models(models=[letter, *others], justification="For the tests.", published_by="a test")


def stored(page: Page) -> dict[str, dict[str, list[bytes]]]:
    """Return what the browser keeps of references: by passkey, the bundles of each reference."""
    found: list[Any] = page.evaluate(STORED)
    return {passkey: {name: list(map(bytes, bundles)) for name, bundles in kept} for passkey, kept in found}


def films(person: Person) -> None:
    person.taps("prepare")
    person.sees("prepare")
    person.taps("start-camera")


def enrols(person: Person, subject: Subject, *, existing: bool = False) -> Subject:
    """Follow a link up to its last page."""
    _, url = create_link(subject=subject, created_by="a test")
    person.page.goto(url)
    person.page.get_by_role("button", name="I agree: use my face").click()
    person.taps("passkey")
    if existing:
        person.sees("passkey-problem")
        person.taps("existing-passkey")
    person.sees("prepare")
    person.taps("start-camera")
    person.page.wait_for_url("**/enrol/finish/**", timeout=60_000)
    expect(person.page.get_by_role("heading", level=1)).to_be_visible()
    subject.refresh_from_db()
    return subject


def newcomer() -> Subject:
    return make_subject(name="Ada Example", reference="", reference_version=0, status=Subject.Status.INVITED)


def signs_in(person: Person) -> Transaction:
    """Sign in with the face; the page goes on where a relying party would take over."""
    row = person.chooses()
    films(person)
    person.page.wait_for_url("**/passkeys/**", timeout=60_000)
    row.refresh_from_db()
    return row


def adds_a_passkey(person: Person) -> None:
    """Add a passkey that another authenticator holds; the first one lies untouched from then on."""
    page = person.page
    page.goto(f"/t/{person.tenant.slug}/passkeys/")
    page.get_by_role("button", name="Add a passkey").click()
    person.taps("passkey")
    person.sees("create")
    silent = {"authenticatorId": person.authenticator, "enabled": False}
    person.devtools.send("WebAuthn.setAutomaticPresenceSimulation", silent)
    person.add_authenticator(prf=True, transport="usb")
    person.taps("passkey")
    person.sees("prepare")
    person.taps("start-camera")
    page.wait_for_url("**/passkeys/finish/**", timeout=60_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your second passkey works")


def model_in(row: Transaction) -> str | None:
    assert row.evidence.face is not None
    return row.evidence.face.model


@pytest.mark.modes("page")
@pytest.mark.parametrize("letter", IN_THE_PAGE)
def test_a_person_enrols_signs_in_and_adds_a_passkey(
    person: Person, lenient_worker: list[bytes], letter: str
) -> None:
    chosen(letter)
    row, page = application_model(letter), person.page
    assert row is not None
    subject = enrols(person, newcomer())
    kept = stored(page)
    names = {name for held in kept.values() for name in held}
    assert names == ({subject.reference} if letter in KEPT_BY_PHONES else set())
    assert model_in(signs_in(person)) == letter
    sent = manifest(lenient_worker[-1])
    own = [each for held in kept.values() for bundles in held.values() for each in bundles]
    assert [unb64u(each) for each in sent.get("bundles", [])] == own
    assert all(TEMPLATE not in each for each in own)
    assert (Flow.SHARE in row.crossing.up) == bool(sent.get("share"))
    adds_a_passkey(person)
    assert len(stored(page)) == (2 if letter in KEPT_BY_PHONES else 0)
    assert model_in(signs_in(person)) == letter
    assert person.violations == []


@pytest.mark.modes("page")
@pytest.mark.requirement("S5.3-02", "S10-03")
@pytest.mark.parametrize("letter", KEPT_BY_PHONES)
@pytest.mark.whole
def test_who_cleared_the_browser_is_told_so_and_goes_on(
    person: Person, lenient_worker: list[bytes], letter: str
) -> None:
    chosen(letter)
    subject = enrols(person, newcomer())
    page, before = person.page, len(lenient_worker)
    page.evaluate(CLEAR)
    person.chooses()
    person.taps("prepare")
    person.sees("no-share")
    assert page.evaluate("window.cameraAsked") == 0
    person.taps("without-face")
    page.wait_for_url("**/passkeys/**")
    assert len(lenient_worker) == before
    old = subject.reference
    subject = enrols(person, subject, existing=True)
    assert subject.reference != old
    assert model_in(signs_in(person)) == letter
    assert person.violations == []


@pytest.mark.modes("page")
@pytest.mark.requirement("S8.1-05", "S10-03")
@pytest.mark.parametrize("letter", KEPT_BY_PHONES)
@pytest.mark.whole
def test_what_was_withdrawn_is_dead_wherever_it_is_kept(
    person: Person, lenient_worker: list[bytes], letter: str
) -> None:
    chosen(letter)
    subject = enrols(person, newcomer())
    faces.withdraw(by=COMMAND_LINE, subject=subject)
    person.open()
    person.taps("passkey")
    expect(person.page.locator('[data-act="prepare"]:visible')).to_have_count(0)
    subject = enrols(person, subject, existing=True)
    (kept,) = stored(person.page).values()
    assert len(kept) == 2  # the old one is there still, and good for nothing
    person.page.evaluate(PUT_OLD_FOR_NEW)
    person.chooses()
    films(person)
    person.sees_in_time("refused")
    assert AuditEvent.objects.filter(tag=Tag.REFERENCE_ALARM, subject=str(subject.pk)).count() == 1
    assert person.violations == []
