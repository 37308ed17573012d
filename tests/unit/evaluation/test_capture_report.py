"""The stress table: what counts as refused, as said, and as called an attack; and what its pictures show."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from authsvc.biometrics.stages.quality import HINTS
from authsvc.evaluation import dress, occluders, stress
from authsvc.evaluation.capture_report import CaptureTry, as_group_table, as_json, as_table, rows_of
from authsvc.evaluation.groups import Group
from authsvc.evaluation.stress import CONDITIONS, Sitter
from authsvc.evaluation.try_log import TryLog
from tests.unit.biometrics.synthetic import face_image, landmarks

Cover = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]
NAMED = {condition.name: condition for condition in CONDITIONS}
RNG = np.random.default_rng(1)
FACE = Sitter(face_image(RNG), landmarks("head"))
OTHER = Sitter(255 - face_image(RNG), landmarks("head"))


def tries(name: str, *made: tuple[str, str, str]) -> list[CaptureTry]:
    return [CaptureTry(name, f"p{number}", *one, "") for number, one in enumerate(made)]


ACCEPTED, DIM = ("accepted", "", ""), ("again", "quality-below-limit", "light")
MISSED, ATTACK = ("refused", "non-match", ""), ("refused", "presentation-attack", "")


@pytest.mark.parametrize(
    ("name", "made", "missed"),
    [
        ("back-lit", [ACCEPTED] * 9 + [MISSED], ""),
        ("back-lit", [ACCEPTED] * 8 + [MISSED] * 2, "refused"),
        ("back-lit", [ACCEPTED] * 99 + [ATTACK], "called an attack"),
        ("back-lit", [ACCEPTED] * 8 + [DIM], "wrong hint"),
        ("dim: a third", [ACCEPTED] * 8 + [DIM], ""),
        ("headscarf", [ACCEPTED] * 9 + [DIM], ""),
        ("headscarf", [ACCEPTED] * 8 + [DIM] * 2, "not accepted"),
        ("mask", [ACCEPTED] * 10, "not said"),
        ("mask", [("again", "quality-below-limit", "mask")] * 9 + [ACCEPTED], ""),
        ("blur: 4 pixels", [MISSED] * 5, ""),
        ("blur: 4 pixels", [MISSED] * 4 + [ATTACK], "called an attack"),
    ],
)
def test_an_aim_holds_or_is_missed_by_name(name: str, made: list[tuple[str, str, str]], missed: str) -> None:
    (row,) = rows_of(tries(name, *made))
    assert row.missed == missed


def test_the_table_tells_counts_and_what_was_said() -> None:
    rows = rows_of([*tries("mask", DIM, ACCEPTED), *tries("clean", ACCEPTED, ATTACK, DIM, DIM)])
    assert [row.condition for row in rows] == ["clean", "mask"]
    table = as_table(rows)
    assert "| clean | 4 | 25.0% | 50.0%, 0 of 2 | 25.0% (0.6%–80.6%) | 1 |" in table
    assert "2 quality-below-limit → light, 1 presentation-attack" in table
    clean, _ = as_json(rows)
    assert (clean["again"]["count"], clean["attack"]["total"]) == (2, 4)


def test_a_group_tells_who_of_it_was_asked_again_or_refused() -> None:
    groups = [
        Group("one", frozenset(), frozenset({"p0", "p1"})),
        Group("two", frozenset(), frozenset({"p3"})),
    ]
    table = as_group_table(tries("clean", ACCEPTED, DIM, DIM, ATTACK), groups)
    assert table.splitlines()[0] == "| group | people | clean |"
    assert table.splitlines()[2:] == ["| one | 2 | 1, 0 of 2 |", "| two | 1 | 0, 1 of 1 |"]


def test_a_scene_is_framed_smaller_larger_and_aside() -> None:
    scene = np.zeros((480, 640, 3), np.float32)
    scene[220:260, 300:340] = 200
    lit = lambda picture: (picture > 100).any(axis=2)  # noqa: E731
    larger = stress.framed(scene, np.random.default_rng(1), scale=2.0)
    assert abs(float(lit(larger).sum()) / lit(scene).sum() - 4) < 0.4
    moved = stress.framed(scene, np.random.default_rng(1), aside=100)
    assert abs(abs(float(np.nonzero(lit(moved))[1].mean()) - 319.5) - 100) < 1


def test_the_right_hints_are_hints_that_quality_can_give() -> None:
    right = {hint for condition in CONDITIONS for hint in condition.hints}
    assert right <= set(HINTS.values())


def test_the_first_condition_is_none() -> None:
    clean = CONDITIONS[0]
    assert (clean.worn, clean.seen, clean.held) == (None, None, stress.Held())


@pytest.mark.parametrize("name", [one.name for one in CONDITIONS if one.worn])
def test_what_is_worn_changes_the_picture_and_not_the_photograph(name: str) -> None:
    worn = NAMED[name].worn
    assert worn is not None
    before = FACE.picture.copy()
    changed = worn(FACE, OTHER, np.random.default_rng(2))
    assert changed.dtype == np.uint8
    assert np.array_equal(FACE.picture, before)
    share = float((np.abs(changed.astype(int) - before).max(axis=2) > 20).mean())
    assert share > 0.003, share


@pytest.mark.parametrize("name", [one.name for one in CONDITIONS if one.seen])
def test_what_is_seen_is_another_scene(name: str) -> None:
    seen = NAMED[name].seen
    assert seen is not None
    light = FACE.picture.astype(np.float32)
    changed = seen(light, np.random.default_rng(2))
    assert changed.shape != light.shape or float(np.abs(changed - light).mean()) > 0.5


@pytest.mark.parametrize(
    ("draw", "covered", "free"),
    [
        (occluders.masked, (30, 57), (37, 24)),
        (occluders.shaded, (37, 44), (57, 24)),
        (occluders.hatted, (), (30, 57)),
        (occluders.mirrored, (37, 44), (57, 24)),
        (occluders.below_the_nose, (57, 8), (30, 37)),
        (occluders.handed, (62, 57), (37, 24)),
        (dress.bearded, (7, 9), (30, 37, 62)),
        (dress.scarfed, (), (30, 57, 37, 19)),
    ],
)
def test_a_cover_lies_where_it_is_worn(draw: Cover, covered: tuple[int, ...], free: tuple[int, ...]) -> None:
    plain = np.full((480, 640, 3), (200, 150, 120), np.uint8)
    drawn = draw(plain, FACE.landmarks, np.random.default_rng(3))
    changed = np.abs(drawn.astype(int) - plain).max(axis=2) > 15
    places = np.round(FACE.landmarks).astype(int)
    assert all(changed[places[one][1], places[one][0]] for one in covered)
    assert not any(changed[places[one][1], places[one][0]] for one in free)
    if draw is occluders.hatted:
        forehead = places[27] - (0, round(0.9 * np.ptp(FACE.landmarks[36:48, 0])))
        assert changed[forehead[1], forehead[0]]


def test_tries_are_kept_and_gone_on_from_and_hold_for_their_conditions(tmp_path: Path) -> None:
    made = tries("mask", DIM, ACCEPTED)
    read = lambda body: CaptureTry(**body)  # noqa: E731
    assert list(TryLog(tmp_path / "log", {"seed": 1}, read).keeping(made)) == made
    assert TryLog(tmp_path / "log", {"seed": 1}, read).tries == made
    with pytest.raises(ValueError, match="other conditions"):
        TryLog(tmp_path / "log", {"seed": 2}, read)
