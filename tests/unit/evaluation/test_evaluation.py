"""Error rates, their intervals, groups, and the report of an evaluation."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from authsvc.biometrics.description import PROBE
from authsvc.biometrics.engines.loading import load_engine
from authsvc.evaluation.dataset import Person, read_people
from authsvc.evaluation.groups import (
    Group,
    group_rates,
    group_threshold,
    read_groups,
    read_one_person,
)
from authsvc.evaluation.rates import (
    Rate,
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


_VECTORS = [one.vectors for one in people(120, noise=0.5)]


def group(name: str, members: list[Person], *values: str) -> Group:
    return Group(name, frozenset(values or (name,)), frozenset(one.name for one in members))


def alike(members: list[Person], share: float) -> list[Person]:
    """Give people something in common, which makes them look like each other."""
    common = np.ones(members[0].vectors.shape[1], np.float32) / np.sqrt(members[0].vectors.shape[1])
    mixed = [(1 - share) * one.vectors + share * common for one in members]
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in mixed]
    return [replace(one, vectors=rows, plain=rows) for one, rows in zip(members, unit, strict=True)]


@pytest.mark.requirement("S5.2-04")
def test_a_degraded_group_fails_the_gate_and_an_equal_one_passes() -> None:
    fair, degraded = people(100, pictures=2, noise=0.3), people(100, pictures=2, noise=0.9)
    named = [replace(one, name=f"degraded {one.name}") for one in degraded]
    found = group_rates([*fair, *named], 0.6, [group("fair", fair), group("worse", named)])
    assert [one.failure for one in found] == ["", "FNMR over 25 % worse than overall"]
    assert found[0].fnmr.total == found[1].fnmr.total == 100


@pytest.mark.requirement("S5.2-04", "S9.2-01")
def test_a_group_that_is_confused_among_itself_fails_the_gate() -> None:
    far, near = people(150, pictures=1), alike(people(150, pictures=1), 0.6)
    near = [replace(one, name=f"near {one.name}") for one in near]
    found = group_rates([*far, *near], 0.75, [group("far", far), group("near", near)])
    assert found[0].failure == ""
    assert found[0].fmr.total == found[1].fmr.total == 11_175
    assert found[1].failure.startswith(f"{found[1].fmr.count} false matches in 11,175 pairs")


@pytest.mark.requirement("S5.2-04")
def test_the_gate_takes_the_counted_errors_and_lets_one_pass() -> None:
    members = people(150, pictures=1)
    double = replace(members[0], name="the same again")
    one, two = (
        [*members[: 150 - count], *[replace(double, name=f"{count}.{n}") for n in range(count)]]
        for count in (1, 2)
    )
    (passes,) = group_rates(one, 0.999, [group("one", one)])
    (fails,) = group_rates(two, 0.999, [group("two", two)])
    assert (passes.fmr.count, passes.failure) == (1, "")
    # The first, and two that are it again, make three pairs.
    assert fails.fmr.count == 3
    assert fails.failure


@pytest.mark.requirement("S5.2-04")
def test_one_person_under_two_entries_is_no_false_match_and_is_told() -> None:
    members = people(60, pictures=1)
    twice = [*members, replace(members[0], name="again"), replace(members[0], name="and again")]
    same = frozenset({frozenset({"person 0", "again"}), frozenset({"person 0", "and again"})})
    (found,) = group_rates(twice, 0.999, [group("all", twice)], one_person=same)
    assert (found.fmr.count, found.fmr_listed.count) == (1, 3)
    assert (found.fmr.total, found.fmr_listed.total) == (62 * 61 // 2 - 2, 62 * 61 // 2)


@pytest.mark.requirement("S5.2-04")
def test_t25_photographs_without_a_face_are_counted_by_group() -> None:
    fair = people(20, pictures=2)
    blind = [replace(one, name=f"blind {one.name}", failed=1) for one in people(10, pictures=1)]
    found = group_rates([*fair, *blind], 0.6, [group("fair", fair), group("blind", blind)])
    assert [one.as_json()["fta"] for one in found] == [
        {"errors": 0, "compared": 40, "low": 0.0, "high": Rate(0, 40).high},
        {"errors": 10, "compared": 20, "low": Rate(10, 20).low, "high": Rate(10, 20).high},
    ]


@pytest.mark.requirement("S5.2-04")
def test_what_a_threshold_was_fitted_on_does_not_judge_it() -> None:
    members = people(40, pictures=1)
    known = frozenset(one.name for one in members[:10])
    alike = replace(members[0], name="person 9")
    twins = [*members[:9], alike, *members[10:]]
    (found,) = group_rates(twins, 0.999, [group("all", twins)], fitted_on=known)
    assert found.fmr.total == 40 * 39 // 2 - 10 * 9 // 2
    # The only two who match were both fitted on.
    assert found.fmr.count == 0
    (judged,) = group_rates(twins, 0.999, [group("all", twins)])
    assert judged.fmr.count == 1


@pytest.mark.requirement("S5.2-04")
def test_children_are_measured_and_promised_nothing() -> None:
    small = alike(people(60, pictures=1), 0.8)
    (found,) = group_rates(small, 0.5, [group("child female", small, "child", "female")])
    assert found.fmr.count > 1
    assert (found.promised, found.failure) == (False, "")
    assert group_threshold(small, 1e-4, [group("child", small)]) == -1


@pytest.mark.requirement("S5.2-04", "S9.2-01")
def test_the_worst_group_sets_the_threshold() -> None:
    far, near = people(150, pictures=1), alike(people(150, pictures=1), 0.4)
    near = [replace(one, name=f"near {one.name}") for one in near]
    alone = group_threshold(far, 1e-4, [group("far", far)])
    groups = [group("far", far), group("near", near)]
    both = {group_threshold([*far, *near], 1e-4, order) for order in (groups, groups[::-1])}
    assert both == {group_threshold(near, 1e-4, [group("near", near)])}
    assert min(both) > alone + 0.05


def test_groups_come_from_a_csv_with_a_column_person(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_text("person,sex,age\nA,f,18-30\nB,m,\nC,f,18-30\nD,m,18-30\n", encoding="utf-8")
    assert {one.name: one.people for one in read_groups(path)} == {"f 18-30": {"A", "C"}, "m 18-30": {"D"}}
    for text in ("name,sex\nA,f\n", "person\nA\n", ""):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match="a column named person"):
            read_groups(path)


def test_the_list_of_one_person_under_several_entries_makes_all_their_pairs(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("# judged by eye\na,b,c\nd,e\n", encoding="utf-8")
    assert read_one_person(path) == {frozenset(pair) for pair in ("ab", "ac", "bc", "de")}
    assert len(read_one_person()) > 100


@pytest.fixture(scope="module")
def evaluation() -> Any:
    made = [Person(f"person {number}", rows, rows, 0) for number, rows in enumerate(_VECTORS)]
    return evaluate(made, engine="engine:1", dataset="made")


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


@pytest.mark.requirement("S5.2-04", "S9.2-01")
def test_groups_raise_the_threshold_and_stand_in_the_record(evaluation: Any) -> None:
    near = [replace(one, name=f"near {one.name}") for one in alike(people(150, pictures=1), 0.7)]
    others = [Person(f"person {number}", rows, rows, 0) for number, rows in enumerate(_VECTORS)]
    found = evaluate(
        [*others, *near], engine="engine:1", dataset="made", groups=[group("adult near", near, "adult")]
    )
    assert found.record.threshold("1e-4") > evaluation.record.threshold("1e-4")
    (kept,) = found.record.groups
    assert kept["people"] == 150
    # Those pairs judge of which one at least was not fitted on.
    known = sum(in_calibration(one.name) for one in near)
    assert kept["fmr"]["compared"] == 11_175 - known * (known - 1) // 2
    assert (kept["fnmr"], kept["promised"]) == (None, True)
    assert kept["fta"]["compared"] == 150
    # No PAD was measured.
    assert (kept["bpcer"], kept["apcer"], found.record.pad) == (None, None, None)
    # The people of a group count in no other rate.
    assert found.record.counts["test_non_mated"] == evaluation.record.counts["test_non_mated"]


@pytest.mark.requirement("S5.2-05", "S9.2-01")
def test_what_makes_probes_alone_is_measured_against_anothers_references(evaluation: Any) -> None:
    """And is no laxer than what the other's record was fitted to."""
    made = [Person(f"person {number}", rows, rows, 0) for number, rows in enumerate(_VECTORS)]
    blind = np.roll(_VECTORS, 1, axis=2)
    others = [replace(one, seen=rows, seen_plain=rows) for one, rows in zip(made, blind, strict=True)]
    same = [replace(one, seen=one.vectors, seen_plain=one.plain) for one in made]
    told: dict[str, Any] = {"engine": "page:1", "dataset": "made", "references": "engine:1"}
    found = evaluate(same, **told, floors={"1e-4": 0.99})
    assert (found.record.engine, found.record.references) == ("page:1", "engine:1")
    assert found.record.threshold("1e-4") == 0.99
    assert found.record.threshold("1e-3") == evaluation.record.threshold("1e-3")
    # What sees something else in everybody matches nobody.
    assert evaluate(others, **told).record.points["1e-4"]["fnmr"] > 0.9


def test_too_few_people_give_no_record() -> None:
    with pytest.raises(ValueError, match="at least 10 people"):
        evaluate(people(12), engine="engine:1", dataset="made")


@pytest.mark.parametrize("pictures", [1, 6])
def test_people_of_a_group_alone_give_no_record(pictures: int) -> None:
    members = people(150, pictures=pictures)
    with pytest.raises(ValueError, match="who are in no group"):
        evaluate(members, engine="engine:1", dataset="made", groups=[group("all", members)])


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
