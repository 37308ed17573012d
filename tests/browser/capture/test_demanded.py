"""A demanded face, in a real browser: the way without it says so calmly, and leads on."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from authsvc.core.clock import now
from authsvc.oidc.requests.wanted import Wanted
from authsvc.transactions.models import Transaction
from tests.browser.capture.person import Person
from tests.factories import make_party

WAY = "Approve at any branch."


def demanding(person: Person) -> Transaction:
    until = (now() + timedelta(days=30)).date().isoformat()
    party = make_party(
        extra={"face": "required"}, justification={"dpia_until": until, "face_alternative": WAY}
    )
    return person.open(client=party, request=Wanted(redirect_uri="https://shop.example/cb"))


@pytest.mark.requirement("S5.3-01", "S5.3-02")
def test_who_declines_is_told_what_is_offered_and_may_still_turn_round(person: Person, page: Page) -> None:
    person.enrolled()
    row = demanding(person)
    person.taps("passkey")
    person.sees("choice")
    person.taps("without-face")
    person.sees("demanded")
    expect(page.get_by_text(WAY)).to_be_visible()
    expect(page.get_by_text("Your passkey is in order.")).to_be_visible()
    person.taps("prepare")
    person.sees("prepare")
    person.taps("without-face")
    person.sees("demanded")
    assert page.evaluate("window.cameraAsked") == 0
    person.taps("go-back")
    page.wait_for_url(f"**/passkeys/?{row.id}")
    row.refresh_from_db()
    assert (row.state, row.evidence.face) == (Transaction.State.DECIDED, None)
    assert person.violations == []


def test_who_has_no_face_is_told_at_once_and_is_not_offered_the_camera(person: Person, page: Page) -> None:
    subject = person.enrolled()
    type(subject).objects.update(reference="")
    demanding(person)
    person.taps("passkey")
    person.sees("demanded")
    expect(page.locator('[data-screen="demanded"] [data-act="prepare"]')).to_be_hidden()
    expect(page.locator('[data-screen="demanded"] [data-act="go-back"]')).to_be_visible()
