"""Disputes: written down, answered once by a human, late after a month, and gone with the person (S10-06)."""

from datetime import timedelta

import pytest

from authsvc.core.clock import now
from authsvc.core.ids import new_secret
from authsvc.management import disputes, people
from authsvc.management.actors import System
from authsvc.privacy.models import Dispute
from authsvc.transactions.models import Transaction
from authsvc.transactions.services import open_transaction
from tests.factories import make_subject
from tests.unit.management.conftest import Estate

pytestmark = pytest.mark.requirement("S10-06")
TEST = System("a test")


def raised(estate: Estate, **given: str) -> Dispute:
    said = {"kind": "refused", "said": "It was me", **given}
    return disputes.raise_dispute(by=TEST, subject=estate.person, **said)


def test_it_is_answered_once_and_by_a_human(estate: Estate) -> None:
    dispute = raised(estate)
    assert disputes.disputes_of(estate.person) == [dispute]
    disputes.answer(by=TEST, dispute=dispute, outcome="upheld", text="You can enrol anew.")
    dispute.refresh_from_db()
    assert (dispute.outcome, dispute.answered_by_name) == ("upheld", "a test")
    with pytest.raises(disputes.AnsweredAlready):
        disputes.answer(by=TEST, dispute=dispute, outcome="rejected", text="Or not.")


def test_it_is_late_after_a_month(estate: Estate) -> None:
    dispute = raised(estate)
    assert not dispute.is_late
    dispute.due_at = now() - timedelta(seconds=1)
    assert dispute.is_late


def test_it_names_an_attempt_of_the_persons_own_alone(estate: Estate) -> None:
    mine, theirs = (
        open_transaction(
            kind=Transaction.Kind.AUTHENTICATE, browser_key=new_secret(), continue_path="/", subject=whose
        )
        for whose in (estate.person, make_subject(name="Grace"))
    )
    assert raised(estate, attempt=mine.pk).attempt == mine.pk
    assert raised(estate, attempt=theirs.pk).attempt == ""


def test_it_goes_with_the_person(estate: Estate) -> None:
    raised(estate)
    people.close(by=TEST, subject=estate.person)
    assert not Dispute.objects.exists()
    with pytest.raises(people.PersonClosed):
        raised(estate)
