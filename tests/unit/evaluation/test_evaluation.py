"""Error rates, their intervals, groups, and the report of an evaluation."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from authsvc.biometrics.description import PROBE
from authsvc.biometrics.engines.loading import load_engine
from authsvc.evaluation.dataset import Person, read_groups, read_people
from authsvc.evaluation.groups import group_rates
from authsvc.evaluation.rates import (
    Scores,
    detection_error_trade_off,
    false_match_rate,
    false_non_match_rate,
    intervals,
    score_people,
    threshold_at,
)
from authsvc.evaluation.report import as_svg, as_text
from authsvc.evaluation.verification import evaluate, in_calibration

RNG = np.random.default_rng(3)


def people(count: int, *, pictures: int = 6, noise: float = 0.6, size: int = 32) -> list[Person]:
    """Return people whose pictures scatter around a direction of their own."""
    found = []
    for number in range(count):
        rows = RNG.normal(size=size) + RNG.normal(size=(pictures, size)) * noise
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        found.append(Person(f"person {number}", rows.astype(np.float32), rows.astype(np.float32), 0))
    return found


def test_mated_scores_are_of_one_person_and_non_mated_of_two() -> None:
    scores = score_people(people(20), enrol=3, probe=3)
    assert scores.mated.shape == (20,)
    assert scores.impostors.shape == (20 * 19,)
    assert scores.mated.min() > np.quantile(scores.impostors, 0.99)


def test_people_with_few_pictures_are_probes_only() -> None:
    few = replace(people(1, pictures=2)[0], name="few")
    nothing = np.zeros((0, 32), np.float32)
    none = Person("none", nothing, nothing, 3)
    scores = score_people([*people(5), few, none], enrol=3, probe=3)
    assert scores.references == tuple(f"person {number}" for number in range(5))
    assert scores.probes == (*scores.references, "few")
    assert scores.impostors.size == 5 * 6 - 5


def test_no_picture_serves_reference_and_probe() -> None:
    (one,) = people(1, pictures=6)
    turned = np.concatenate([one.vectors[:3], -one.vectors[3:]])
    changed = replace(one, vectors=turned, plain=turned)
    assert score_people([one], enrol=3, probe=3).mated[0] == pytest.approx(
        -score_people([changed], enrol=3, probe=3).mated[0]
    )


def test_the_mirror_image_counts_where_the_pipeline_counts_it() -> None:
    (one,) = people(1, pictures=6)
    unread = np.full((1, 32), np.nan, np.float32)
    blind = replace(
        one,
        vectors=np.concatenate([one.vectors[: 3 + PROBE.mirrored], np.repeat(unread, 3 - PROBE.mirrored, 0)]),
        plain=np.concatenate([np.repeat(unread, 3 + PROBE.mirrored, 0), one.plain[3 + PROBE.mirrored :]]),
    )
    assert score_people([blind], enrol=3, probe=3).mated == score_people([one], enrol=3, probe=3).mated


def table(mated: list[float], non_mated: list[list[float]]) -> Scores:
    names = tuple(f"p{number}" for number in range(len(mated)))
    return Scores(np.array(mated, np.float32), np.array(non_mated, np.float32), names, names)


NAN = float("nan")
SMALL = table([0.9, 0.4, 0.8], [[NAN, 0.1, 0.6], [0.2, NAN, 0.3], [0.5, 0.1, NAN]])


def test_rates_count_what_is_on_the_wrong_side() -> None:
    assert false_match_rate(SMALL, 0.5) == pytest.approx(2 / 6)
    assert false_non_match_rate(SMALL, 0.5) == pytest.approx(1 / 3)
    assert false_match_rate(SMALL, 0.61) == 0
    assert false_non_match_rate(SMALL, 0.9) == pytest.approx(2 / 3)


def test_a_threshold_reaches_rates_that_few_scores_show() -> None:
    seen, unseen = RNG.normal(size=20_000), RNG.normal(size=4_000_000)
    for rate in (1e-2, 1e-3, 1e-4):
        threshold = threshold_at(seen.astype(np.float32), rate)
        assert 0.3 * rate < (unseen >= threshold).mean() < 2.5 * rate
    thresholds = [threshold_at(seen.astype(np.float32), rate) for rate in (1e-2, 1e-3, 1e-4)]
    assert thresholds == sorted(thresholds)


def test_intervals_hold_the_rate_and_resample_people() -> None:
    scores = score_people(people(60, noise=1.3), enrol=1, probe=1)
    threshold = float(np.median(scores.mated))
    fmr, fnmr = intervals(scores, threshold)
    assert fmr[0] <= false_match_rate(scores, threshold) <= fmr[1]
    assert fnmr[0] < false_non_match_rate(scores, threshold) < fnmr[1]
    assert fnmr[1] - fnmr[0] == pytest.approx(4 * np.sqrt(0.25 / 60), rel=0.35)


def test_no_error_seen_is_not_no_error() -> None:
    """Rule of three: 0 of 58 allows 5.17 %."""
    scores = table([0.9] * 58, [[NAN if row == column else 0.0 for column in range(58)] for row in range(58)])
    fmr, fnmr = intervals(scores, 0.5)
    assert list(fnmr) == pytest.approx([0, 3 / 58])
    assert list(fmr) == pytest.approx([0, 3 / (58 * 57)])


def test_the_trade_off_falls_on_one_side_as_it_rises_on_the_other() -> None:
    curve = detection_error_trade_off(score_people(people(40, noise=1.2), enrol=1, probe=1))
    thresholds, fmr, fnmr = (list(column) for column in zip(*curve, strict=True))
    assert thresholds == sorted(thresholds)
    assert fmr == sorted(fmr, reverse=True)
    assert fnmr == sorted(fnmr)


@pytest.mark.requirement("S5.2-04")
def test_a_degraded_group_fails_the_gate_and_an_equal_one_passes() -> None:
    mated = np.concatenate([np.full(95, 0.9), np.full(5, 0.1), np.full(80, 0.9), np.full(20, 0.1)])
    names = tuple(f"p{number}" for number in range(200))
    impostors = np.zeros((200, 200), np.float32)
    np.fill_diagonal(impostors, np.nan)
    scores = Scores(mated.astype(np.float32), impostors, names, names)
    side = {"side": {name: "a" if number < 100 else "b" for number, name in enumerate(names)}}
    fair, degraded = group_rates(scores, 0.5, side)
    assert (fair.fnmr, fair.failure) == (0.05, "")
    assert degraded.fnmr == pytest.approx(0.2)
    assert "FNMR over 25 % worse" in degraded.failure


@pytest.mark.requirement("S5.2-04", "S9.2-01")
def test_a_group_that_is_confused_among_itself_fails_the_gate() -> None:
    names = tuple(f"p{number}" for number in range(100))
    impostors = np.zeros((100, 100), np.float32)
    impostors[:10, :10] = 0.9
    np.fill_diagonal(impostors, np.nan)
    scores = Scores(np.full(100, 0.95, np.float32), impostors, names, names)
    groups = {"kin": {name: "near" if number < 10 else "far" for number, name in enumerate(names)}}
    far, near = group_rates(scores, 0.5, groups)
    assert (far.failure, near.fmr) == ("", 1.0)
    assert "FMR over 25 % worse" in near.failure


def test_groups_come_from_a_csv_with_a_column_person(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_text("person,sex,age\nA,f,18-30\nB,m,\n", encoding="utf-8")
    assert read_groups(path) == {"sex": {"A": "f", "B": "m"}, "age": {"A": "18-30"}}
    path.write_text("name,sex\nA,f\n", encoding="utf-8")
    with pytest.raises(ValueError, match="a column named person"):
        read_groups(path)


@pytest.fixture(scope="module")
def evaluation() -> Any:
    return evaluate(people(120, noise=0.5), engine="engine:1", dataset="made", groups={})


@pytest.mark.requirement("S9.2-01", "S9.2-03")
def test_an_evaluation_calibrates_and_measures_on_different_people(evaluation: Any) -> None:
    counts = evaluation.record.counts
    known = sum(in_calibration(f"person {number}") for number in range(120))
    assert 30 < known < 90
    assert counts["people"] == 120
    assert counts["test_mated"] == 120 - known
    assert counts["calibration_non_mated"] == known * (known - 1)
    assert counts["test_non_mated"] == (120 - known) * (119 - known)


def test_stricter_operating_points_have_higher_thresholds(evaluation: Any) -> None:
    thresholds = [evaluation.record.threshold(name) for name in ("1e-3", "1e-4", "3e-5")]
    assert thresholds == sorted(thresholds)
    for point in evaluation.record.points.values():
        assert point["fmr_interval"][0] <= point["fmr"] <= point["fmr_interval"][1]


def test_too_few_people_give_no_record() -> None:
    with pytest.raises(ValueError, match="at least 10 people"):
        evaluate(people(12), engine="engine:1", dataset="made", groups={})


def test_the_report_names_counts_points_and_shapes(evaluation: Any) -> None:
    text = as_text(evaluation.record, evaluation.shapes, evaluation.groups)
    for words in (
        "failures to acquire: 0",
        "| 1e-4 |",
        "3 to enrol, 3 to probe",
        "engine:1",
        "95 % interval",
    ):
        assert words in text
    picture = as_svg(evaluation.curve)
    assert picture.startswith("<svg")
    assert "<title>DET curve</title>" in picture


@pytest.mark.needs("photos")
def test_a_dataset_is_read_once_and_failures_are_counted(photos: Path, tmp_path: Path) -> None:
    dataset = tmp_path / "people"
    for who in ("biden", "nobody"):
        (dataset / who).mkdir(parents=True)
    (dataset / "biden" / "01.jpg").write_bytes((photos / "biden" / "01.jpg").read_bytes())
    (dataset / "nobody" / "01.jpg").write_bytes(b"no picture")
    (dataset / "nobody" / "notes.txt").write_text("ignored", encoding="utf-8")
    seen: list[tuple[int, int]] = []

    def read() -> list[Person]:
        progress = lambda done, count: seen.append((done, count))  # noqa: E731
        return list(read_people(dataset, load_engine(), cache=tmp_path / "cache", progress=progress))

    biden, nobody = read()
    assert (biden.vectors.shape, biden.plain.shape, biden.failed) == ((1, 128), (1, 128), 0)
    assert 0.9 < float(biden.vectors[0] @ biden.plain[0]) < 1
    assert (nobody.vectors.shape, nobody.failed) == ((0, 128), 1)
    (dataset / "biden" / "01.jpg").unlink()
    again, _ = read()
    assert np.array_equal(again.vectors, biden.vectors)
    assert seen == [(1, 2), (2, 2)] * 2


def test_a_folder_without_people_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no folders of people"):
        list(read_people(tmp_path, load_engine(), cache=tmp_path, progress=lambda *_: None))
