"""A renewal in the page: proposed once a week after a sign-in, and first of all where the face is too old."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from authsvc.core.clock import now
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction
from authsvc.vault.ageing import KeptMoment, as_stored
from tests.browser.capture.person import Person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.requirement("S5.2-05"),
    pytest.mark.usefixtures("two_cues"),
]


def enrolled(person: Person, days: int) -> None:
    """Let the person have a face that was set up so long ago."""
    subject = person.enrolled()
    taken = (now() - timedelta(days=days)).isoformat()
    moments = as_stored(subject.reference, [KeptMoment(subject.reference, taken)])
    Subject.objects.filter(pk=subject.pk).update(reference_moments=moments)


def test_it_is_proposed_after_a_sign_in_and_not_at_the_next_one(
    person: Person, judged: Callable[[str], list[bytes]]
) -> None:
    judged("accepted")
    enrolled(person, 200)
    person.films()
    person.sees_in_time("renewal")
    with person.context.expect_page() as opened:
        person.page.get_by_role("link", name="Renew it now, in a new window").click()
    expect(opened.value.get_by_role("heading", level=1)).to_contain_text("Once more")
    opened.value.close()
    person.page.bring_to_front()
    person.page.wait_for_url("**/passkeys/**")
    person.films()
    person.page.wait_for_url("**/passkeys/**", timeout=60_000)
    assert person.violations == []


def test_a_face_that_is_too_old_is_no_choice_and_the_passkey_goes_on(person: Person) -> None:
    enrolled(person, 800)
    row = person.open()
    person.taps("passkey")
    person.sees("renew")
    assert person.page.evaluate("window.cameraAsked") == 0
    person.taps("without-face")
    person.page.wait_for_url("**/passkeys/**")
    row.refresh_from_db()
    assert (row.state, row.evidence.face) == (Transaction.State.DECIDED, None)
