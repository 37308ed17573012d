"""Evaluating the comparison on a dataset: calibrated on half of its people, measured on the other half."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from authsvc.biometrics.records.manifest import stages_version
from authsvc.biometrics.records.record import OPERATING_POINTS, EvaluationRecord

from .dataset import Person
from .groups import Group, GroupRates, Pairs, group_rates, group_threshold
from .pad_evidence import PadEvidence, with_pad
from .rates import (
    Scores,
    detection_error_trade_off,
    false_match_rate,
    false_non_match_rate,
    intervals,
    score_people,
    threshold_at,
)
from .report import ShapeRates

SHAPES = ((1, 1), (2, 1), (3, 1), (3, 2), (3, 3))
"""How many independent pictures may stand behind a reference and a probe; one threshold must do for all."""

ENROL = PROBE = 3
DEPLOYED = "1e-4"
FEWEST_PEOPLE = 10
NO_FLOORS: Final[Mapping[str, float]] = {}


@dataclass(frozen=True)
class Evaluation:
    """A record with what the report adds: other shapes of comparison, groups, and the DET curve."""

    record: EvaluationRecord
    shapes: list[ShapeRates]
    groups: list[GroupRates]
    curve: list[tuple[float, float, float]]


def in_calibration(name: str) -> bool:
    """Tell on which side of the split a person is: by a hash of the name, the same in every run."""
    return hashlib.sha256(f"visor/split/{name}".encode()).digest()[0] % 2 == 0


def evaluate(
    people: Sequence[Person],
    *,
    engine: str,
    dataset: str,
    groups: Sequence[Group] = (),
    one_person: Pairs = frozenset(),
    pad: PadEvidence | None = None,
    references: str = "",
    floors: Mapping[str, float] = NO_FLOORS,
) -> Evaluation:
    """Return the evaluation; raises ValueError where too few people of no group have six pictures.

    `references` is the id of the engine that made the references, where `engine` makes probes alone. Its own
    thresholds are then the `floors`: what was fitted on more people does not fall for fewer.

    Who is in a group counts there alone, so that the rates of all are not those of the groups' mixture.
    """
    labelled = frozenset().union(*(group.people for group in groups))
    calibration = [one for one in people if one.name not in labelled and in_calibration(one.name)]
    test = [one for one in people if one.name not in labelled and not in_calibration(one.name)]
    if min(_whole(calibration), _whole(test)) < FEWEST_PEOPLE:
        raise ValueError(
            f"at least {FEWEST_PEOPLE} people with {ENROL + PROBE} pictures, who are in no group, are needed "
            "on each side of the split"
        )
    known, unseen = (score_people(part, enrol=ENROL, probe=PROBE) for part in (calibration, test))
    members = [one for one in people if one.name in labelled]
    fitted_on = frozenset(one.name for one in members if in_calibration(one.name))
    worst = [one for one in members if one.name in fitted_on]
    thresholds = {
        name: max(
            _strictest(calibration, float(name)),
            group_threshold(worst, float(name), groups, one_person=one_person),
            floors.get(name, -1.0),
        )
        for name in OPERATING_POINTS
    }
    rates = group_rates(members, thresholds[DEPLOYED], groups, fitted_on=fitted_on, one_person=one_person)
    rates = with_pad(rates, pad.groups if pad else ())
    points = {name: _point(unseen, threshold) for name, threshold in thresholds.items()}
    created = datetime.now(UTC).isoformat(timespec="seconds")
    version = stages_version()
    record = EvaluationRecord(
        id=f"{created[:10]}-{hashlib.sha256(f'{engine}{version}{created}'.encode()).hexdigest()[:10]}",
        engine=engine,
        stages=version,
        dataset=dataset,
        created=created,
        counts=_counts(people, known, unseen),
        points=points,
        groups=[one.as_json() for one in rates],
        pad=pad.as_json() if pad else None,
        references=references,
    )
    shapes = [_shape(calibration, test, thresholds[DEPLOYED], *sizes) for sizes in SHAPES]
    return Evaluation(record, shapes, rates, detection_error_trade_off(unseen))


def _whole(part: Sequence[Person]) -> int:
    """Return how many people have pictures for a reference and a probe."""
    return sum(len(one.vectors) >= ENROL + PROBE for one in part)


def _point(scores: Scores, threshold: float) -> dict[str, object]:
    fmr, fnmr = intervals(scores, threshold)
    return {
        "threshold": round(threshold, 6),
        "fmr": false_match_rate(scores, threshold),
        "fmr_interval": list(fmr),
        "fnmr": false_non_match_rate(scores, threshold),
        "fnmr_interval": list(fnmr),
    }


def _counts(people: Sequence[Person], known: Scores, unseen: Scores) -> dict[str, int]:
    return {
        "people": len(people),
        "pictures": sum(len(one.vectors) + one.failed for one in people),
        "failures_to_acquire": sum(one.failed for one in people),
        "failures_to_enrol": sum(1 for one in people if not len(one.vectors)),
        "calibration_non_mated": int(known.impostors.size),
        "test_mated": int(unseen.mated.size),
        "test_non_mated": int(unseen.impostors.size),
    }


def _strictest(calibration: Sequence[Person], rate: float) -> float:
    impostors = (score_people(calibration, enrol=one, probe=other).impostors for one, other in SHAPES)
    return max(threshold_at(scores, rate) for scores in impostors)


def _shape(
    calibration: Sequence[Person], test: Sequence[Person], deployed: float, enrol: int, probe: int
) -> ShapeRates:
    own = threshold_at(score_people(calibration, enrol=enrol, probe=probe).impostors, float(DEPLOYED))
    scores = score_people(test, enrol=enrol, probe=probe)
    return ShapeRates(
        name=f"{enrol} to enrol, {probe} to probe",
        mated=int(scores.mated.size),
        own_threshold=own,
        own_fnmr=false_non_match_rate(scores, own),
        fmr=false_match_rate(scores, deployed),
        fnmr=false_non_match_rate(scores, deployed),
        fnmr_interval=intervals(scores, deployed)[1],
    )
