"""The reckoning after chaos finds what is lost, doubled or miscounted."""

import pytest

from tests.chaos import reckoning
from tests.chaos.people import Seen

NAME, TXN, CAPTURE = "person-0", "a transaction", "a capture"
Event = tuple[str, str, str, dict[str, str], str, str]


def event(what: str, outcome: str = "", reason: str = "") -> Event:
    details = {"capture": CAPTURE, **({"outcome": outcome} if outcome else {})}
    return f"transaction:{what}", TXN, reason, details, NAME, "authenticate"


ACCEPTED, ERASED = event("sample:accepted"), event("sample:erased")
REFUSED, LOST = event("verdict:recorded", "refused"), event("verdict:recorded", "again", "sample-lost")
NOT_FOLLOWED = event("verdict:recorded", "again", "cues-not-followed")
MATCHED, UNANSWERED = event("verdict:recorded", "accepted"), event("challenge:unanswered")
WHOLE = [ACCEPTED, REFUSED, ERASED]


@pytest.mark.parametrize(
    ("events", "submitted", "faults"),
    [
        (WHOLE, True, 0),
        ([ACCEPTED, LOST], True, 0),  # a crash of the database has emptied their table
        ([], False, 0),
        ([ACCEPTED, ERASED], True, 1),
        ([*WHOLE, LOST], True, 1),
        ([*WHOLE, ERASED], True, 1),
        ([REFUSED], False, 1),
        ([], True, 1),
    ],
)
def test_a_sample_has_one_verdict(events: list[Event], submitted: bool, faults: int) -> None:
    captures = [(CAPTURE, TXN, "refused", submitted)]
    assert len(list(reckoning.of_verdicts(events, captures))) == faults


def test_an_event_without_its_capture_is_told() -> None:
    assert list(reckoning.of_verdicts(WHOLE, []))


@pytest.mark.parametrize(
    ("events", "failures"),
    [
        ([REFUSED, LOST, NOT_FOLLOWED, UNANSWERED], 3),
        ([REFUSED, MATCHED, REFUSED], 1),
        ([REFUSED, MATCHED], 0),
    ],
)
def test_tries_are_those_that_failed_since_the_last_success(events: list[Event], failures: int) -> None:
    assert list(reckoning.of_tries(events, {NAME: (failures, 0)})) == []
    for counted in ((failures + 1, 0), (failures, 1)):
        assert len(list(reckoning.of_tries(events, {NAME: counted}))) == 1


def test_what_people_were_told_is_in_the_log() -> None:
    told = Seen(NAME, wrong=True, ended="refused", uploads=[TXN], verdicts=[(TXN, "refused")])
    assert list(reckoning.as_told(WHOLE, [told])) == []
    assert len(list(reckoning.as_told([], [told]))) == 2
    assert len(list(reckoning.as_told([ACCEPTED, MATCHED], [told]))) == 1


@pytest.mark.parametrize(
    ("seen", "faults"),
    [
        (Seen(NAME, wrong=True, ended="refused"), 0),
        (Seen(NAME, wrong=False, ended="in"), 0),
        (Seen(NAME, wrong=True, ended="in"), 1),
        (Seen(NAME, wrong=False, ended="refused"), 1),
        (Seen(NAME, wrong=False), 1),
        (Seen(NAME, wrong=False, ended="in", unfit=["GET / 500"]), 1),
    ],
)
def test_a_sign_in_ends_as_its_face_has_it_end(seen: Seen, faults: int) -> None:
    assert len(list(reckoning.of_pages([seen]))) == faults
