"""Model D in a real browser: a passkey is made without a camera, and a site that asks sees somebody there."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from authsvc.enrolment.services import create_link
from authsvc.oidc.requests.wanted import Wanted
from authsvc.policy.services import publish_models
from authsvc.subjects.models import Subject
from tests.browser.capture.person import Person, partner
from tests.browser.capture.samples import manifest
from tests.factories import make_subject

pytestmark = [
    pytest.mark.browser,
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("two_cues"),
]


def enrols(person: Person, page: Page) -> None:
    invited = make_subject(name="Ada Example", reference="", status=Subject.Status.INVITED)
    page.goto(urlsplit(create_link(subject=invited, created_by="a test")[1]).path)
    expect(page.get_by_text("compares them with nothing")).to_be_visible()
    page.get_by_role("button", name="I agree: use my camera when a site asks").click()
    person.taps("passkey")
    page.wait_for_url("**/enrol/finish/**")
    expect(page.get_by_text("Nothing of your face is kept.")).to_be_visible()
    assert page.evaluate("window.cameraAsked") == 0


@pytest.mark.requirement("S6.3-01", "S6.3-04", "S10-07")
@pytest.mark.modes("page", "sign-in", models="D")
def test_a_site_that_asks_sees_that_somebody_is_there_and_nothing_else_goes_up(
    person: Person, page: Page, judged: Callable[[str], list[bytes]]
) -> None:
    publish_models(models=["D"], justification="", published_by="admin")
    opened = judged("accepted")
    enrols(person, page)
    row = person.open(client=partner(), request=Wanted(redirect_uri="https://shop.example/cb", presence=True))
    person.taps("passkey")
    person.sees("choice")
    choice = page.locator('[data-screen="choice"]')
    expect(choice.get_by_text("Show that I am there")).to_be_visible()
    expect(choice.get_by_text("Use my face", exact=True)).to_be_hidden()
    person.taps("prepare")
    person.taps("start-camera")
    page.wait_for_url(f"**/passkeys/?{row.id}", timeout=60_000)
    sent = manifest(opened[0])
    assert (sent["share"], sent.get("bundles"), sent.get("receiver")) == (None, None, None)
    assert person.violations == []
