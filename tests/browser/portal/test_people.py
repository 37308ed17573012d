"""Inviting, editing, suspending and erasing a person, each as an administrator does it."""

import json

import pytest
from playwright.sync_api import expect

from devtools.stack.stack import Stack
from devtools.verify_log import check_receipt, read_key
from tests.browser.looks import assert_looks_right
from tests.browser.portal.conftest import Administrator

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def test_an_enrolment_link_is_shown_once_opens_the_notice_and_is_revoked(admin: Administrator) -> None:
    page = admin.open("people/new/")
    page.get_by_role("button", name="Create the link").click()
    expect(page.get_by_role("alert")).to_contain_text("Name")
    page.get_by_label("Name", exact=True).fill("Ines Moreau")
    page.get_by_role("button", name="Create the link").click()
    link = page.get_by_label("enrolment link", exact=True).inner_text()
    expect(page.locator("svg.qr")).to_be_visible()

    visitor = page.context.browser.new_context().new_page()
    visitor.goto(link)
    expect(visitor.get_by_role("heading", level=1)).to_be_visible()
    assert visitor.url == link

    page.goto(f"{admin.portal}people/?search=Ines")
    page.get_by_role("link", name="Ines Moreau").first.click()
    assert link not in page.content()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("status")).to_contain_text("no longer works")
    answer = visitor.goto(link)
    assert answer.status >= 400


def test_a_person_is_edited_suspended_let_in_again_and_erased_with_a_receipt(
    admin: Administrator,
) -> None:
    page = admin.open("people/new/")
    page.get_by_label("Name", exact=True).fill("Jonas Weber")
    page.get_by_role("button", name="Create the link").click()
    link = page.get_by_label("enrolment link", exact=True).inner_text()

    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Name", exact=True).fill("Jonas Weber-Łuk")
    page.get_by_label("Telephone number").fill("0170")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Telephone number")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Telephone number").fill("+49 170 1234567")
    assert_looks_right(page, "a person is edited")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Jonas Weber-Łuk")).to_be_visible()

    page.get_by_role("link", name="Record a dispute").click()
    page.get_by_label("What the person says").fill("It was me, and I was refused.")
    page.get_by_role("button", name="Record it").click()
    expect(page.get_by_text("Waits for an answer")).to_be_visible()
    page.get_by_label("What the person is answered").fill("You can enrol anew.")
    assert_looks_right(page, "a dispute waits")
    page.get_by_role("button", name="Write the answer down").click()
    expect(page.get_by_text("Right: it was mended")).to_be_visible()
    page.get_by_role("link", name="Jonas Weber-Łuk").click()
    expect(page.get_by_role("link", name="Refused though it was them")).to_be_visible()

    page.get_by_role("button", name="Suspend").click()
    page.get_by_role("dialog").get_by_label("Why").select_option("away")
    page.get_by_role("dialog").get_by_role("button", name="Suspend").click()
    expect(page.get_by_text("They cannot sign in, and are told so calmly.")).to_be_visible()
    assert_looks_right(page, "a person is suspended")
    visitor = page.context.browser.new_context().new_page()
    visitor.goto(link)
    expect(visitor.get_by_text("Your sign-in here is paused.")).to_be_visible()
    page.get_by_role("button", name="Let them sign in again").click()
    expect(page.get_by_text("may sign in again")).to_be_visible()

    page.get_by_role("button", name="Erase this person").click()
    keep = page.get_by_role("dialog").get_by_role("button", name="Keep")
    expect(keep).to_be_focused()
    keep.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Erase this person").click()
    page.get_by_role("dialog").get_by_role("button", name="Erase the person").click()
    expect(page.get_by_role("heading", name="Receipt of an erasure")).to_be_visible()
    expect(page.get_by_text("A signed checkpoint of the audit log holds it.")).to_be_visible(timeout=20_000)
    assert_looks_right(page, "the receipt of an erasure")
    with page.expect_download() as taken:
        page.get_by_role("link", name="As JSON, with the proof").click()
    said = json.loads(taken.value.path().read_text(encoding="utf-8"))
    event = check_receipt(said, read_key(said["key"]))
    assert event["tag"] == "portal:subject:closed"
    assert said["erasure"]["face_was_kept"] is False
    with page.expect_download() as taken:
        page.get_by_role("link", name="As text").click()
    assert said["erasure"]["receipt"] in taken.value.path().read_text(encoding="utf-8")

    page.get_by_role("link", name="Erased person").click()
    expect(page.get_by_role("button", name="New enrolment link")).to_have_count(0)
    page.get_by_role("link", name="The receipt").click()
    expect(page.get_by_role("heading", name="Receipt of an erasure")).to_be_visible()


def test_what_changes_of_a_person_with_a_face_is_taken_over_in_seconds(
    admin: Administrator, stack: Stack
) -> None:
    key = stack.python(
        "from authsvc.subjects.models import Subject\n"
        "made = Subject.objects.create(name='Ines Moreau', status='active', reference='none')\n"
        "print(json.dumps(str(made.pk)))"
    )
    page = admin.open(f"people/{key}/edit/")
    page.get_by_label("Name", exact=True).fill("Ines Leclerc")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It takes effect within seconds.")).to_be_visible()
    expect(page.get_by_text("A change is being taken over")).to_have_count(0, timeout=20_000)
    read = (
        "from authsvc.subjects.models import Subject\n"
        f"print(json.dumps(Subject.objects.get(pk={key!r}).name))"
    )
    assert stack.python(read) == "Ines Leclerc"
