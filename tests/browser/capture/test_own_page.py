"""A person's own page in a browser: in by the passkey, the consent withdrawn, and how every page looks."""

import re

import pytest
from playwright.sync_api import Page, expect

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.devices.models import Device
from authsvc.person.models import Visit
from authsvc.privacy.consent import live_consent
from authsvc.privacy.models import ConsentReceipt
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Transaction
from authsvc.vault.models import Reference
from tests.browser.capture.person import Person
from tests.browser.looks import assert_looks_right, assert_nothing_is_cut_off, assert_tab_follows_the_page
from tests.factories import make_device

pytestmark = [
    pytest.mark.browser,
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.requirement("S10-08"),
]


@pytest.fixture
def subject(person: Person) -> Subject:
    """The person, with a passkey in the browser's authenticator, and what is kept of their face."""
    made = person.enrolled()
    Reference.objects.create(
        pseudonym=made.reference, model="G", sealed_template=b"s", engine="dlib_onnx:1", consent="c"
    )
    return made


def comes_in(person: Person, page: Page) -> None:
    page.goto(f"/t/{person.tenant.slug}/me/")
    page.get_by_role("button", name="Use my passkey").click()
    person.sees("welcome")
    person.taps("passkey")
    expect(page.get_by_role("heading", name="My passkeys")).to_be_visible()


@pytest.mark.requirement("S10-01")
def test_a_person_comes_in_by_their_passkey_and_withdraws_in_two_taps(
    person: Person, page: Page, tenant: Tenant, subject: Subject
) -> None:
    comes_in(person, page)
    assert page.url == f"{person.base}/t/{tenant.slug}/me/"
    assert page.evaluate("window.cameraAsked ?? 0") == 0
    expect(page.get_by_text("It opens only together with your passkey.")).to_be_visible()
    page.get_by_role("link", name="Withdraw my consent").click()
    page.get_by_role("button", name="Withdraw my consent").click()
    expect(page.get_by_role("heading", name="Your consent is withdrawn")).to_be_visible()
    number = page.locator("#receipt").inner_text()
    assert AuditEvent.objects.filter(tag=Tag.CONSENT_WITHDRAWN, details__receipt=number).count() == 1
    page.reload()
    expect(page.locator("#receipt")).to_have_text(number)
    page.get_by_role("link", name="Back to your passkeys and face").click()
    expect(page.get_by_text("Nothing of your face is kept.")).to_be_visible()
    subject.refresh_from_db()
    assert (live_consent(subject), subject.has_face) == (None, False)
    assert Reference.objects.get().status == Reference.Status.REVOKED
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Use my passkey")).to_be_visible()
    assert person.violations == []


def test_turning_back_leads_to_the_door(person: Person, page: Page, subject: Subject) -> None:
    page.goto(f"/t/{person.tenant.slug}/me/")
    page.get_by_role("button", name="Use my passkey").click()
    person.sees("welcome")
    person.taps("leave")
    expect(page.get_by_role("button", name="Use my passkey")).to_be_visible()
    expect(page.get_by_role("heading", name="My passkeys")).to_have_count(0)
    assert not Visit.objects.exists()


@pytest.mark.requirement("S10-07")
def test_a_changed_notice_asks_before_the_camera(person: Person, page: Page, subject: Subject) -> None:
    ConsentReceipt.objects.update(notice_version="an older one")
    person.open()
    person.taps("passkey")
    person.sees("agree")
    assert_looks_right(page, "agree")
    assert page.evaluate("window.cameraAsked") == 0
    person.taps("agree")
    person.sees("choice")
    assert ConsentReceipt.objects.count() == 2
    assert person.violations == []


def test_every_page_looks_right(person: Person, page: Page, subject: Subject) -> None:
    home = f"/t/{person.tenant.slug}/me/"
    page.goto(home)
    assert_looks_right(page, "door")
    comes_in(person, page)
    own = Device.objects.get(subject=subject)
    named = make_device(subject, name="A security key with a rather long name, in the desk at the office")
    page.goto(home)
    page.get_by_text("What you agreed to").click()
    assert_looks_right(page, "page")
    assert_nothing_is_cut_off(page, 700, "page")
    for path in (
        f"passkeys/{named.pk}/",
        f"passkeys/{named.pk}/revoke",
        f"passkeys/{own.pk}/revoke",
        "face/remove",
        "consent/withdraw",
        "needs/turn",
        "needs/light",
    ):
        page.goto(home + path)
        assert_looks_right(page, path)
    page.get_by_role("button", name="Leave it out").click()
    assert_looks_right(page, "light left out")
    page.goto(home + "needs/light")
    assert_looks_right(page, "light to come back")
    page.goto(f"{home}passkeys/{own.pk}/")
    page.get_by_label("Name").fill("a\u202eb")
    page.get_by_role("button", name="Save").click()
    assert_looks_right(page, "a name that is refused")


def test_every_control_is_reached_in_order(person: Person, page: Page, subject: Subject) -> None:
    comes_in(person, page)
    assert_tab_follows_the_page(page, "page")


def test_the_last_passkey_is_revoked_with_a_warning_and_a_receipt(
    person: Person, page: Page, subject: Subject
) -> None:
    comes_in(person, page)
    page.get_by_role("link", name=re.compile("^Revoke")).click()
    expect(page.get_by_role("heading", name="It is your last passkey")).to_be_visible()
    assert_looks_right(page, "the last passkey")
    page.get_by_role("button", name="Revoke this passkey").click()
    expect(page.get_by_role("heading", name="The passkey is revoked")).to_be_visible()
    assert_looks_right(page, "receipt")
    page.get_by_role("link", name="Your passkeys and face").click()
    expect(page.get_by_role("button", name="Use my passkey")).to_be_visible()
    assert Transaction.objects.filter(kind=Transaction.Kind.OWN_PAGE).count() == 1
