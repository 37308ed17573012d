"""How old a reference is: by its newest moment, in the person's sealed row, and what follows from it."""

from datetime import UTC, datetime, timedelta

import pytest

from authsvc.subjects.models import Subject
from authsvc.vault import ageing
from authsvc.vault.ageing import KeptMoment, age_of, as_stored, is_absent, moments_of, with_moment

START = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, timedelta(0))


def at(monkeypatch: pytest.MonkeyPatch, after: timedelta) -> None:
    monkeypatch.setattr(ageing, "now", lambda: START + after)


def taken(*days: int) -> list[KeptMoment]:
    return [
        KeptMoment(f"m{number}", (START + timedelta(days=day)).isoformat()) for number, day in enumerate(days)
    ]


def person(*days: int, reference: str = "r") -> Subject:
    return Subject(reference=reference, reference_moments=as_stored("r", taken(*days)))


@pytest.mark.requirement("S5.2-05")
@pytest.mark.parametrize(
    ("after", "proposed", "absent"),
    [
        (timedelta(days=181, hours=23), False, False),
        (timedelta(days=182), True, False),
        (timedelta(days=729, hours=23), True, False),
        (timedelta(days=730), True, True),
    ],
    ids=["before six months", "at six months", "before two years", "at two years"],
)
def test_what_follows_from_age(
    monkeypatch: pytest.MonkeyPatch, after: timedelta, proposed: bool, absent: bool
) -> None:
    at(monkeypatch, after)
    age = age_of(person(-700, 0))
    assert age is not None
    assert (age.proposed_since is not None, age.absent_since is not None) == (proposed, absent)
    assert is_absent(person(0)) is absent
    assert age.proposed_since in {None, START + timedelta(days=182)}
    assert age.absent_since in {None, START + timedelta(days=730)}


def test_nobody_and_who_has_no_face_has_no_age() -> None:
    assert (age_of(Subject(reference="")), is_absent(None), moments_of(Subject(reference=""))) == (
        None,
        False,
        [],
    )


@pytest.mark.django_db
def test_moments_of_another_reference_are_not_this_ones() -> None:
    assert [each.id for each in moments_of(person(0))] == ["m0"]
    with pytest.raises(Exception, match="scope"):
        moments_of(person(0, reference="another"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], ["new"]),
        ([0, 0], ["m0", "m1", "new"]),
        ([-9, -8, -7, -6], ["m0", "m2", "m3", "new"]),
        ([-731, -5], ["m1", "new"]),
        ([-731, -730], ["new"]),
        ([-731, -9, -8, -7, -6], ["m1", "m3", "m4", "new"]),
    ],
    ids=["first", "third", "fifth", "first too old", "all too old", "fifth with one too old"],
)
def test_which_moments_count_once_another_is_added(before: list[int], after: list[str]) -> None:
    kept = with_moment(taken(*before), "new")
    assert [each.id for each in kept] == after
    assert kept[-1].at == START
