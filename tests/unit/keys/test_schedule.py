"""What is known and planned of a signing key."""

from datetime import UTC, datetime, timedelta

import pytest

from authsvc.keys.models import SigningKey
from authsvc.keys.schedule import KEEP_PREVIOUS, ROTATE_AFTER, STAGE_FOR, life_of, usable_from

MOMENT = datetime(2026, 11, 25, 12, tzinfo=UTC)
BEFORE = MOMENT - timedelta(days=30)
State = SigningKey.State


def key(state: str, changed: datetime = MOMENT, *, became: datetime | None = None) -> SigningKey:
    return SigningKey(algorithm="ES256", state=state, state_changed_at=changed, became_current_at=became)


def test_a_next_key_follows_the_current_one() -> None:
    life = life_of(key(State.NEXT), current=key(State.CURRENT, BEFORE))
    assert life.signs_from == BEFORE + ROTATE_AFTER
    assert life.leaves == BEFORE + 2 * ROTATE_AFTER + KEEP_PREVIOUS
    assert life.signing_planned
    assert life.leaving_planned


@pytest.mark.parametrize("current", [None, key(State.CURRENT, MOMENT - ROTATE_AFTER)])
def test_a_next_key_waits_for_an_hour_at_least(current: SigningKey | None) -> None:
    staged = key(State.NEXT)
    assert life_of(staged, current=current).signs_from == usable_from(staged) == MOMENT + STAGE_FOR


def test_a_current_key_leaves_two_days_after_its_rotation() -> None:
    current = key(State.CURRENT)
    life = life_of(current, current=current)
    assert (life.signs_from, life.signing_planned) == (MOMENT, False)
    assert (life.leaves, life.leaving_planned) == (MOMENT + ROTATE_AFTER + KEEP_PREVIOUS, True)


def test_a_previous_key_leaves_and_a_retired_one_has_left() -> None:
    previous = life_of(key(State.PREVIOUS, became=BEFORE), current=None)
    assert (previous.signs_from, previous.leaves) == (BEFORE, MOMENT + KEEP_PREVIOUS)
    retired = life_of(key(State.RETIRED), current=None)
    assert (retired.signs_from, retired.leaves) == (None, MOMENT)
