"""A worker judges no answer to a challenge that was changed behind the web's back (T02, T07)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.biometrics import judging
from authsvc.biometrics.judgement import Judgement
from authsvc.biometrics.types import DecisionResult, Reason
from authsvc.seals.sealing import CannotSeal
from authsvc.seals.words import is_word_of, word_of
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions import services
from authsvc.transactions.models import Capture
from tests.factories import make_tenant
from tests.unit.transactions.flow import CHALLENGE, person, proven

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S8.3-01", "S7-03")]

JUDGED = Judgement(DecisionResult("accepted"))


@pytest.fixture
def capture(monkeypatch: pytest.MonkeyPatch) -> Iterator[Capture]:
    """A challenge that the web drew; whatever a worker would judge of its answer is accepted."""
    monkeypatch.setattr(judging, "KINDS", dict.fromkeys(judging.KINDS, lambda *_: JUDGED))
    monkeypatch.setattr(judging, "unseal_sample", lambda *_, **__: b"")
    with tenant_scope(make_tenant().id):
        yield services.issue_capture(proven(person()[1]), challenge=CHALLENGE)


def written(capture: Capture, column: str, value: Any) -> Capture:
    """Write a column past the product, and return the row as a worker reads it."""
    with connection.cursor() as cursor:
        statement = f"UPDATE transactions_capture SET {column} = %s WHERE id = %s"  # noqa: S608
        cursor.execute(statement, [value, capture.pk])
    return Capture.objects.get(transaction=capture.transaction_id)


def test_the_answer_to_a_challenge_as_drawn_is_judged(capture: Capture) -> None:
    assert judging.judge(Capture.objects.get(pk=capture.pk), b"sealed") is JUDGED


OTHER = {**CHALLENGE, "steps": [{"cue": "left", "ms": 0}]}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("challenge", json.dumps(OTHER)),
        ("challenge", json.dumps({**CHALLENGE, "nonce": "another"})),
        ("challenge", json.dumps({**CHALLENGE, "more": 1})),
        ("number", 7),
        ("challenge_word", b""),
        ("challenge_word", bytes(68)),
    ],
)
def test_t02_the_answer_to_a_challenge_that_was_changed_is_refused_and_told(
    capture: Capture, column: str, value: Any
) -> None:
    found = judging.judge(written(capture, column, value), b"sealed")
    assert found.decision == DecisionResult("refused", Reason.FOREIGN)
    assert AuditEvent.objects.filter(tag=Tag.SEAL_REFUSED.value).count() == 1


def test_t02_another_captures_word_is_none(capture: Capture) -> None:
    other = services.issue_capture(proven(person()[1]), challenge=CHALLENGE)
    assert other.challenge_word is not None
    found = judging.judge(written(capture, "challenge_word", bytes(other.challenge_word)), b"sealed")
    assert found.decision == DecisionResult("refused", Reason.FOREIGN)


def test_a_challenge_that_a_release_before_drew_is_asked_again(capture: Capture) -> None:
    found = judging.judge(written(capture, "challenge_word", None), b"sealed")
    assert found.decision == DecisionResult("again", Reason.LOST, "lost")


def test_a_process_without_the_webs_key_says_nothing_for_it(settings: Any, capture: Capture) -> None:
    said = ("a", 1, {"b": [1.5, None]})
    word = word_of("web", "purpose", *said)
    assert is_word_of("web", word, "purpose", *said)
    assert not is_word_of("web", word, "another", *said)
    assert not is_word_of("portal", word, "purpose", *said)
    settings.SECRETS = {k: v for k, v in settings.SECRETS.items() if k != "seal_private_key_web"}
    assert is_word_of("web", word, "purpose", *said)
    with pytest.raises(CannotSeal):
        word_of("web", "purpose", *said)
