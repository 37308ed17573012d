"""Who was heard of is at work, and who was not is gone: by the database's clock alone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from authsvc.core.retention import CLOCK_SET_BACK
from authsvc.heartbeats import beats
from authsvc.heartbeats.beats import PARTS, SILENT, at_work, heard
from authsvc.heartbeats.models import Heartbeat

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_was_heard_of() -> None:
    beats._due.clear()


def aged(part: str, age: timedelta) -> None:
    Heartbeat.objects.update_or_create(part=part, defaults={"seen_at": Now() - age})


def test_who_was_never_heard_of_is_not_at_work() -> None:
    assert at_work(PARTS) == dict.fromkeys(PARTS, False)


def test_who_is_heard_of_is_at_work_and_writes_seldom() -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        for _ in range(10):
            heard("scheduler")
    assert len(asked) == 1
    assert at_work(["scheduler", "log"]) == {"scheduler": True, "log": False}


def test_whoever_is_heard_of_again_is_at_work_again() -> None:
    aged("sweeper", SILENT * 2)
    assert at_work(["sweeper"]) == {"sweeper": False}
    heard("sweeper")
    assert at_work(["sweeper"]) == {"sweeper": True}
    assert Heartbeat.objects.count() == 1


@pytest.mark.parametrize(
    ("age", "works"),
    [
        (SILENT - timedelta(seconds=2), True),
        (SILENT + timedelta(seconds=1), False),
        (-timedelta(seconds=2), True),  # another machine's clock, a little ahead
        (-2 * CLOCK_SET_BACK, False),  # written before a clock was set back, by who knows whom
    ],
)
def test_a_part_is_silent_after_a_while(age: timedelta, works: bool) -> None:
    aged("log", age)
    assert at_work(["log"]) == {"log": works}


def test_a_part_of_a_release_to_come_is_left_alone() -> None:
    aged("something", timedelta(0))
    assert beats.ages() == {}
