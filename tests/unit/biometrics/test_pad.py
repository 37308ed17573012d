"""Presentation attack detection on bursts whose geometry is known exactly."""

from dataclasses import replace

import numpy as np
import pytest

from authsvc.biometrics.stages.pad import assessment, border
from authsvc.biometrics.stages.pad.continuity import identity_break
from authsvc.biometrics.stages.pad.family import Family
from authsvc.biometrics.stages.pad.following import following
from authsvc.biometrics.stages.pad.fusion import fuse, likelihood_ratio
from authsvc.biometrics.stages.pad.motion import stillness
from authsvc.biometrics.stages.pad.relief import perspective, relief
from authsvc.biometrics.stages.pad.signals import CALIBRATIONS, MODULES, merged
from authsvc.biometrics.stages.pad.texture import grid
from authsvc.biometrics.types import Descriptors, FaceTrack, StageError, Step

from .synthetic import TURN, burst, observation

OTHER = (TURN[0], Step("down", 1400, 15), Step("right", 1400, 25), Step("up", 1400, 15), TURN[-1])
STILL = (Step("centre", 6100),)
DISTANCE = (Step("centre", 1000), Step("nearer", 1500), Step("centre", 900))


@pytest.mark.requirement("S9.2-04", "S9.2-05")
def test_head_that_follows_is_bona_fide() -> None:
    result = assessment.assess(*burst("head"))
    assert result.verdict == "bona-fide", result.reason
    assert result.answer_lag_ms is not None
    assert 100 <= result.answer_lag_ms <= 600


@pytest.mark.requirement("S8.1-01", "S9.2-05")
@pytest.mark.parametrize("kind", ["flat", "bent"])
def test_sheet_that_is_turned_like_a_head_is_refused(kind: str) -> None:
    assert assessment.assess(*burst(kind)).verdict != "bona-fide"


@pytest.mark.requirement("S8.1-02")
def test_answer_to_another_challenge_is_an_attack() -> None:
    result = assessment.assess(*burst("head", answered=OTHER))
    assert result.verdict == "attack"
    assert "wrong-movement" in result.reason


@pytest.mark.requirement("S9.2-04")
def test_person_who_does_not_move_has_not_responded() -> None:
    assert assessment.assess(*burst("head", answered=STILL)).verdict == "non-response"


@pytest.mark.requirement("S6.2-02")
def test_few_frames_with_a_face_are_inconclusive() -> None:
    sample, track, described = burst("head")
    hidden = FaceTrack((*track.faces[:5], *[None] * (len(track.faces) - 5)))
    assert assessment.assess(sample, hidden, described).verdict == "inconclusive"


@pytest.mark.requirement("S6.2-02")
def test_turn_without_features_is_inconclusive() -> None:
    sample, track, _ = burst("head")
    none = Descriptors(np.zeros((0, 128), np.float32), (), 0.32)
    result = assessment.assess(sample, track, none)
    assert (result.verdict, result.reason) == ("inconclusive", "no-identity")


@pytest.mark.requirement("S6.2-02")
def test_features_that_are_no_number_are_an_error() -> None:
    sample, track, described = burst("head")
    broken = replace(described, vectors=np.full_like(described.vectors, np.nan))
    with pytest.raises(StageError):
        assessment.assess(sample, track, broken)


def test_relief_tells_head_from_sheets() -> None:
    head, flat, bent = (relief(observation(kind, noise=0.0)) for kind in ("head", "flat", "bent"))
    assert head is not None
    assert head.gain == pytest.approx(1, abs=0.15)
    assert head.rigidity > 1
    assert bent is None or (bent.gain < 0.5 and bent.rigidity < 0)
    assert flat is None or flat.residual < 0.01


def test_perspective_of_a_head_that_comes_nearer_is_one() -> None:
    head, flat = (perspective(observation(kind, asked=DISTANCE, noise=0.0)) for kind in ("head", "flat"))
    assert head == pytest.approx(1, abs=0.25)
    assert flat == pytest.approx(0, abs=0.25)


def test_following_measures_order_and_size() -> None:
    right, wrong = following(observation()), following(observation(answered=OTHER))
    assert right is not None
    assert wrong is not None
    assert right.agreement > 0.9 > wrong.agreement
    assert right.weakest > 0.7


@pytest.mark.requirement("S8.1-02")
def test_swapped_face_breaks_the_identity() -> None:
    sample, track, described = burst("head")
    other = described.vectors.copy()
    other[12:] = np.random.default_rng(5).normal(0, 1, 128)
    result = assessment.assess(sample, track, replace(described, vectors=other))
    assert result.verdict == "attack"
    assert "identity" in result.reason


def test_identity_of_one_person_holds() -> None:
    assert identity_break(observation()) == pytest.approx(0, abs=0.6)


@pytest.mark.requirement("S8.1-01")
def test_frozen_picture_is_refused() -> None:
    sample, track, described = burst("head")
    first = sample.frames[0].rgb
    frozen = replace(sample, frames=tuple(replace(frame, rgb=first) for frame in sample.frames))
    still = FaceTrack(tuple(track.faces[:1] * len(track.faces)))
    assert assessment.assess(frozen, still, described).verdict != "bona-fide"


def test_stillness_of_identical_frames_is_below_that_of_noise() -> None:
    seen = observation()
    moving = stillness(seen)
    count = len(seen.images)
    frozen = replace(seen, images=seen.images[:1] * count, landmarks=seen.landmarks[:1].repeat(count, 0))
    still = stillness(frozen)
    assert still is not None
    assert moving is not None
    assert still < -2 < moving


def test_grid_sees_a_screens_pixels() -> None:
    seen = observation()
    y, x = np.mgrid[0:480, 0:640]
    pattern = (8 * np.sin(2 * np.pi * x / 3.1) * np.sin(2 * np.pi * y / 3.3))[..., None]
    screen = tuple(np.clip(image + pattern, 0, 255).astype(np.uint8) for image in seen.images)
    natural, filmed = grid(seen), grid(replace(seen, images=screen))
    assert natural is not None
    assert filmed is not None
    assert filmed > natural + 2


def test_score_that_is_not_finite_counts_as_its_floor() -> None:
    assert fuse({"relief": float("nan")}).ratios["relief"] == CALIBRATIONS["relief"].floor


def test_more_is_needed_of_who_was_asked_for_more() -> None:
    turned, lit = {"relief": 1.5}, {"relief": 1.5, "light": 1.0}
    assert fuse({}).least < fuse(turned).least < fuse(lit).least
    assert not fuse(lit).bona_fide


@pytest.mark.parametrize("family", MODULES)
def test_each_signal_declares_its_calibration_and_when_it_errs(family: Family) -> None:
    assert family.CALIBRATIONS.keys() == family.FAILS.keys() >= family.AGAINST.keys()
    assert all(family.FAILS.values())


def test_two_signals_of_one_name_are_an_error() -> None:
    with pytest.raises(ValueError, match="framing"):
        merged((border.CALIBRATIONS, border.CALIBRATIONS))


@pytest.mark.parametrize("name", sorted(CALIBRATIONS))
def test_ratios_stay_within_their_limits(name: str) -> None:
    row = CALIBRATIONS[name]
    assert {likelihood_ratio(name, -1e9), likelihood_ratio(name, 1e9)} == {row.floor, row.ceiling}
