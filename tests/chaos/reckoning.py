"""What has to hold when all is mended: of verdicts, tries, samples and the log, and of what people saw."""

import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from tests.chaos.estate import Estate
from tests.chaos.people import Seen

SAMPLE_SECONDS: Final = 60
_LOG_SECONDS: Final = 60
_NOT_FOLLOWED: Final = "cues-not-followed"
_END: Final = {True: "refused", False: "in"}
_OUTCOMES: Final = {"done": "accepted", "refused": "refused", "again": "again"}
"""What a page says of a verdict, and the log."""
_LEFT: Final = """
SELECT (SELECT count(*) FROM transactions_sealedsample),
       (SELECT count(*) FROM transactions_capture WHERE state = 'submitted')
"""
_ACCEPTED, _RECORDED, _ERASED, _UNANSWERED = (
    "transaction:sample:accepted",
    "transaction:verdict:recorded",
    "transaction:sample:erased",
    "transaction:challenge:unanswered",
)
_EVENTS: Final = """
SELECT event.tag, event.transaction, event.reason, event.details, person.name, txn.kind
FROM audit_auditevent event
LEFT JOIN transactions_transaction txn ON txn.id = event.transaction
LEFT JOIN subjects_subject person ON person.id = txn.subject_id
WHERE event.tag IN (%s, %s, %s, %s)
ORDER BY event.id
"""
_COUNTERS: Final = """
SELECT person.name, counter.failures, counter.in_flight FROM transactions_attemptcounter counter
JOIN subjects_subject person ON person.id = counter.subject_id
"""
_CAPTURES: Final = """
SELECT capture.id, capture.transaction_id, capture.state, capture.submitted_at IS NOT NULL
FROM transactions_capture capture
"""


def await_no_sample(estate: Estate) -> float:
    """Wait until no sample is left and none is judged any more; return after how many seconds.

    Raises AssertionError where that takes longer than SAMPLE_SECONDS.
    """
    begun = time.monotonic()
    while True:
        ((samples, waiting),) = estate.rows(_LEFT)
        took = time.monotonic() - begun
        if not samples and not waiting:
            return round(took, 1)
        assert took < SAMPLE_SECONDS, f"{samples} samples, {waiting} captures without a verdict"
        time.sleep(0.5)


def faults(estate: Estate, seen: Sequence[Seen]) -> list[str]:
    """Return all that does not hold, in words."""
    events = estate.rows(_EVENTS, _ACCEPTED, _RECORDED, _ERASED, _UNANSWERED)
    counters = {name: (failures, waiting) for name, failures, waiting in estate.rows(_COUNTERS)}
    return [
        *of_verdicts(events, estate.rows(_CAPTURES)),
        *as_told(events, seen),
        *of_tries(events, counters),
        *_log(estate),
        *(f"a person saw {what}" for each in seen for what in each.unfit),
        *(f"{each.name} never came to an end: {each}" for each in seen if not each.ended),
        *(f"{each.name} came in by another's face" for each in seen if each.wrong and each.ended == "in"),
        *(
            f"{each.name} did not come in: {each}"
            for each in seen
            if not each.wrong and each.ended == "refused"
        ),
    ]


def of_pages(seen: Sequence[Seen]) -> Iterator[str]:
    """Yield answers of 500 and more that led nowhere, and sign-ins that did not end as they had to."""
    yield from (f"a person saw {what}" for each in seen for what in each.unfit)
    yield from (f"ended otherwise than it had to: {each}" for each in seen if each.ended != _END[each.wrong])


def of_verdicts(events: Sequence[tuple[Any, ...]], captures: Sequence[tuple[Any, ...]]) -> Iterator[str]:
    """Yield captures without exactly one verdict for their one sample."""
    counted: dict[str, Counter[str]] = {}
    for tag, _, _, details, _, _ in events:
        counted.setdefault(tag, Counter())[details["capture"]] += 1
    accepted, recorded, erased = (counted.get(tag, Counter()) for tag in (_ACCEPTED, _RECORDED, _ERASED))
    for capture, txn, state, submitted in captures:
        had = (accepted[capture], recorded[capture])
        if had != ((1, 1) if submitted else (0, 0)) or erased[capture] > 1:
            more = f"erased {erased[capture]} times"
            yield f"capture {capture} of {txn}, {state}: {had} samples and verdicts, {more}"
    known = {capture for capture, *_ in captures}
    yield from (f"an event of a capture that is not there: {each}" for each in set(accepted) - known)


def as_told(events: Sequence[tuple[Any, ...]], seen: Sequence[Seen]) -> Iterator[str]:
    """Yield uploads that were lost, and verdicts that a person saw and the log does not have."""
    accepted = Counter(txn for tag, txn, *_ in events if tag == _ACCEPTED)
    outcomes = Counter((txn, details["outcome"]) for tag, txn, _, details, *_ in events if tag == _RECORDED)
    for each in seen:
        taken = Counter(each.uploads)
        if lost := taken - accepted:
            yield f"{each.name} was told that samples were taken which are not there: {lost}"
        told = Counter((txn, _OUTCOMES[word]) for txn, word in _words(each) if word in _OUTCOMES)
        if lost_verdicts := told - outcomes:
            yield f"{each.name} was told verdicts that the log does not have: {lost_verdicts}"


def _words(seen: Seen) -> Iterator[tuple[str, str]]:
    yield from ((txn, said.split()[0]) for txn, said in seen.verdicts)


def of_tries(events: Sequence[tuple[Any, ...]], counters: dict[str, tuple[int, int]]) -> Iterator[str]:
    """Yield people of whom other tries are counted than those that failed since the last success."""
    failures: Counter[str] = Counter()
    for tag, _, reason, details, name, kind in events:
        if kind != "authenticate":
            continue
        if tag == _UNANSWERED:
            failures[name] += 1
        elif tag == _RECORDED:
            outcome = details["outcome"]
            failures[name] += outcome in {"refused", "expired"} or reason == _NOT_FOLLOWED
            if outcome == "accepted":
                failures[name] = 0
    for name, counted in counters.items():
        if counted != (failures[name], 0):
            yield f"{name}: {counted} tries failed and in flight, where {failures[name]} failed"


def _log(estate: Estate) -> Iterator[str]:
    """Yield what is wrong with the log, once it has had the time to take everything in."""
    end = time.monotonic() + _LOG_SECONDS
    while True:
        try:
            estate.stack.manage("audit", "verify")
        except subprocess.CalledProcessError as problem:
            if time.monotonic() > end:
                yield f"the log: {problem.stderr.strip().splitlines()[-1]}"
                return
            time.sleep(2)
        else:
            return
