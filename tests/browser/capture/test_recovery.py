"""Recovery codes in a browser: made at the own page, used by who lost every device, and how it all looks."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.devices.models import Device
from authsvc.enrolment.recovery import make_codes
from authsvc.enrolment.services import create_link
from authsvc.management import approvals
from authsvc.management.acting import NeedsAgreement
from authsvc.management.actors import Member
from authsvc.management.models import Approval
from authsvc.subjects.models import Subject
from authsvc.tenancy.roles import Role
from authsvc.transactions.models import Transaction
from tests.browser.capture.person import Person
from tests.browser.capture.test_own_page import comes_in
from tests.browser.looks import assert_looks_right, assert_nothing_is_cut_off, assert_tab_follows_the_page
from tests.factories import make_device, make_subject
from tests.tenancy.people import make_user

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
WRITTEN = r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){5}"


@pytest.fixture
def ada(person: Person) -> Subject:
    """Somebody whose devices are gone: nothing of theirs is in this browser."""
    subject = make_subject(name="Ada Example", reference="", reference_version=0)
    make_device(subject, name="Lost phone")
    return subject


def recovers(person: Person, page: Page, code: str) -> None:
    page.goto(f"/t/{person.tenant.slug}/me/")
    page.get_by_role("link", name="I lost my devices").click()
    page.get_by_label("Recovery code").fill(code)
    page.get_by_role("button", name="Make a new passkey").click()
    person.sees("welcome")
    person.taps("passkey")
    expect(page.get_by_role("heading", name="Your new passkey works")).to_be_visible()


def test_who_lost_every_device_makes_a_passkey_and_comes_in(person: Person, page: Page, ada: Subject) -> None:
    [code, *_others] = make_codes(subject=ada, actor="a test")
    recovers(person, page, code.lower().replace("-", " "))
    assert_looks_right(page, "recovered")
    assert page.evaluate("window.cameraAsked ?? 0") == 0
    page.reload()
    expect(page.get_by_role("heading", name="Your new passkey works")).to_be_visible()
    page.get_by_role("link", name="Your passkeys and face").click()
    page.get_by_role("button", name="Use my passkey").click()
    person.taps("passkey")
    expect(page.get_by_text("Made with a recovery code")).to_be_visible()
    expect(page.get_by_text("9 codes of")).to_be_visible()
    expect(page.get_by_text("Lost phone")).to_have_count(0)
    assert_looks_right(page, "own page after recovery")
    assert Device.objects.filter(subject=ada, status=Device.Status.ACTIVE).count() == 1
    assert person.violations == []


def test_a_code_that_is_none_is_said_at_the_field(person: Person, page: Page, ada: Subject) -> None:
    page.goto(f"/t/{person.tenant.slug}/me/lost")
    assert_looks_right(page, "lost")
    assert_tab_follows_the_page(page, "lost")
    page.get_by_label("Revoke my other passkeys").uncheck()
    page.get_by_label("Recovery code").fill("AAAA-BBBB")
    page.get_by_role("button", name="Make a new passkey").click()
    expect(page.get_by_text("This code was not accepted.")).to_be_visible()
    expect(page.get_by_label("Revoke my other passkeys")).not_to_be_checked()
    assert page.get_by_label("Recovery code").input_value() == ""
    assert_looks_right(page, "wrong code")
    assert person.violations == []


def test_a_site_that_asks_for_more_is_said_before_it_hears_of_it(
    person: Person, page: Page, ada: Subject
) -> None:
    recovers(person, page, make_codes(subject=ada, actor="a test")[0])
    person.open()
    RelyingParty.objects.update(floor_level="L2")
    page.reload()
    person.taps("passkey")
    person.sees("recovered")
    expect(page.locator('[data-screen="recovered"]')).to_contain_text("Ask Northwind Bank for a new link")
    assert_looks_right(page, "recovered is not enough")
    row = Transaction.objects.latest("created_at")
    person.taps("go-back")
    page.wait_for_url(f"**/passkeys/?{row.pk}")


def test_codes_are_made_copied_and_printed_at_the_own_page(
    person: Person, page: Page, tmp_path: Path
) -> None:
    person.context.grant_permissions(["clipboard-read", "clipboard-write", "camera"])
    person.enrolled()
    comes_in(person, page)
    page.get_by_role("link", name="Make new codes").click()
    assert_looks_right(page, "make codes")
    page.get_by_role("button", name="Make ten codes").click()
    shown = re.findall(WRITTEN, page.locator("#recovery-codes").inner_text())
    assert len(set(shown)) == 10
    assert_looks_right(page, "codes")
    assert_nothing_is_cut_off(page, 700, "codes")
    page.get_by_role("button", name="Copy the recovery codes").click()
    assert re.findall(WRITTEN, page.evaluate("navigator.clipboard.readText()")) == shown
    page.evaluate("() => { window.print = () => { window.printed = true; }; }")
    page.get_by_role("button", name="Print the recovery codes").click()
    assert page.evaluate("window.printed") is True
    page.emulate_media(media="print")
    expect(page.locator("#recovery-codes")).to_be_visible()
    expect(page.get_by_role("button", name="Copy the recovery codes")).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="I keep them").click()
    expect(page.get_by_text("10 codes of")).to_be_visible()
    assert person.violations == []


def test_an_enrolment_ends_with_the_codes(person: Person, page: Page) -> None:
    invited = make_subject(
        name="Ada Example", reference="", reference_version=0, status=Subject.Status.INVITED
    )
    page.goto(urlsplit(create_link(subject=invited, created_by="a test")[1]).path)
    page.get_by_role("button", name="Only a passkey").click()
    person.taps("passkey")
    expect(page.get_by_role("heading", name="All set")).to_be_visible()
    assert len(re.findall(WRITTEN, page.locator("#recovery-codes").inner_text())) == 10
    assert_looks_right(page, "all set")
    page.reload()
    expect(page.get_by_text("were shown when this page was first opened")).to_be_visible()
    assert person.violations == []


@pytest.mark.requirement("S9.4-02")
def test_t13_a_request_for_a_new_enrolment_is_stopped(person: Person, page: Page) -> None:
    subject = person.enrolled()
    asked_about(person, subject)
    comes_in(person, page)
    expect(page.get_by_role("heading", name="Somebody asked to set up your sign-in anew")).to_be_visible()
    assert_looks_right(page, "a request waits")
    page.get_by_role("button", name="I did not want this: stop it").click()
    expect(page.get_by_role("heading", name="The request is stopped")).to_be_visible()
    assert_looks_right(page, "the request is stopped")
    assert Approval.objects.get().state == Approval.State.REFUSED


def test_t24_the_page_says_that_no_passkey_can_be_added_now(
    person: Person, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.enrolled()
    monkeypatch.setattr("authsvc.transactions.comparing.opens_for", lambda *_, **__: True)
    monkeypatch.setattr("authsvc.capture.flow.policy_stands", lambda: False)
    page.goto(f"/t/{person.tenant.slug}/passkeys/")
    page.get_by_role("button", name="Add a passkey").click()
    person.taps("passkey")
    person.sees("face-closed")
    assert_looks_right(page, "no passkey now")
    person.taps("leave")
    expect(page.get_by_role("heading", name="You stopped here")).to_be_visible()


def asked_about(person: Person, subject: Subject) -> Any:
    user = make_user((person.tenant, Role.ADMIN))
    by = Member(user.pk, user.email, proven_at=now())
    wanted = NeedsAgreement(by, "people.create_link", {"subject": subject}, ["for a test"])
    return approvals.ask(by=by, wanted=wanted, why="The phone was lost on the train to Rotterdam.")
