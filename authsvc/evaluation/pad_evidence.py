"""What a record says of presentation attack detection, and the gate before its signature (S9.2-05, T25).

It comes from reports of `manage.py evaluate-pad`, of exactly the engine and the judging source that are
evaluated. A report with labels counts by group alone, every other one by species.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from authsvc.biometrics.records.manifest import stages_version

from .groups import Group, GroupRates
from .pad_report import CLAIMED, SpeciesRow
from .pad_trials import Trial
from .rates import NOT_MEASURED, Rate, as_json

MOST_APCER: Final = 0.07
"""A claimed species that passes as often as this is too strong (FIDO Biometric Requirements 4.1)."""

MOST_BPCER: Final = 0.05
"""More people than this may not be refused by any challenge, "asked again" included."""

FEWEST_ATTACKS: Final = 60
FEWEST_PEOPLE: Final = 100
"""From so many tries on a rate is judged: one without an error is under its bar with its whole interval."""

_MADE_OF: Final = ("date", "commit", "command", "dataset", "version")


@dataclass(frozen=True)
class PadGroup:
    """One group's errors: of its people in every challenge, of claimed attacks made of their photographs."""

    group: str
    people: int
    promised: bool
    bpcer: Rate
    apcer: Rate


@dataclass(frozen=True)
class PadEvidence:
    """What several reports say together; of a species that none has, the rate is of no tries."""

    measured: list[Mapping[str, str]]
    attacks: Mapping[str, Rate]
    people: Mapping[str, Rate]
    groups: list[PadGroup]

    def as_json(self) -> dict[str, Any]:
        """Return what a record keeps beside its groups; a rate of no tries is null: not measured."""
        attacks = [
            {
                "species": name,
                "claimed": name in CLAIMED,
                "apcer": as_json(rate),
                "failure": attack_failure(rate) if name in CLAIMED else "",
            }
            for name, rate in self.attacks.items()
        ]
        people = [
            {"species": name, "bpcer": as_json(rate), "failure": people_failure(rate)}
            for name, rate in self.people.items()
        ]
        return {"measured": self.measured, "attacks": attacks, "people": people}


def group_tries(
    trials: Sequence[Trial], rows: Sequence[SpeciesRow], groups: Iterable[Group]
) -> list[PadGroup]:
    """Return the errors of each group that was tried, of bona fide rows and of the claimed ones together."""
    genuine = {row.species for row in rows if row.bona_fide}
    claimed = {row.species for row in rows if row.claimed}
    found = []
    for group in groups:
        own = [trial for trial in trials if trial.subject in group.people]
        refused = [not trial.accepted for trial in own if trial.species in genuine]
        passed = [trial.accepted for trial in own if trial.species in claimed]
        people = len({trial.subject for trial in own})
        rates = Rate(sum(refused), len(refused)), Rate(sum(passed), len(passed))
        found.append(PadGroup(group.name, people, group.promised, *rates))
    return [one for one in found if one.people]


def groups_as_json(groups: Iterable[PadGroup]) -> list[dict[str, Any]]:
    """Return the groups as a report keeps them."""
    return [
        {
            "group": one.group,
            "people": one.people,
            "promised": one.promised,
            "bpcer": as_json(one.bpcer),
            "apcer": as_json(one.apcer),
        }
        for one in groups
    ]


def read_reports(paths: Sequence[Path], *, engine: str) -> PadEvidence:
    """Return what the reports say together.

    Raises ValueError where one is no report, is of another engine or judging source, or repeats a species or
    a group of another; OSError where it cannot be read.
    """
    measured: list[Mapping[str, str]] = []
    rows: list[Mapping[str, Any]] = []
    groups: list[PadGroup] = []
    for path in paths:
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
            _require_same(path, body, engine)
            measured.append({name: str(body[name]) for name in _MADE_OF})
            groups += [_group(one) for one in body["groups"]]
            rows += [] if body["groups"] else body["rows"]
        except (KeyError, TypeError, AttributeError) as problem:
            raise ValueError(f"{path} is no report of evaluate-pad: {problem!r}") from None
    _require_once([one["species"] for one in rows] + [one.group for one in groups])
    people = {one["species"]: _rate(one) for one in rows if one["bona_fide"]}
    attacks = {one["species"]: _rate(one) for one in rows if not one["bona_fide"]}
    missing = dict.fromkeys(sorted(CLAIMED - set(attacks)), NOT_MEASURED)
    return PadEvidence(measured, {**attacks, **missing}, people, groups)


def _require_same(path: Path, body: Mapping[str, Any], engine: str) -> None:
    for name, wanted in (("engine", engine), ("stages", stages_version())):
        if body[name] != wanted:
            raise ValueError(f"{path} was measured with other {name}: {body[name]}, and here is {wanted}")


def _require_once(names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"measured in more than one report: {', '.join(twice)}")


def _rate(row: Mapping[str, Any]) -> Rate:
    return Rate(int(row["error"]["count"]), int(row["error"]["total"]))


def _group(body: Mapping[str, Any]) -> PadGroup:
    rates = (body[name] or {"errors": 0, "compared": 0} for name in ("bpcer", "apcer"))
    bpcer, apcer = (Rate(int(one["errors"]), int(one["compared"])) for one in rates)
    return PadGroup(str(body["group"]), int(body["people"]), bool(body["promised"]), bpcer, apcer)


def attack_failure(rate: Rate) -> str:
    """Return why the gate refuses a claimed species, "" where it does not; it takes the counted errors."""
    if rate.total < FEWEST_ATTACKS:
        return f"measured in {rate.total} tries of {FEWEST_ATTACKS}"
    if rate.value >= MOST_APCER:
        return f"{rate.count} of {rate.total} pass: APCER not under {MOST_APCER:.0%}"
    return ""


def people_failure(rate: Rate) -> str:
    """Return why the gate refuses what one challenge does to people, "" where it does not."""
    if rate.total < FEWEST_PEOPLE:
        return f"measured in {rate.total} tries of {FEWEST_PEOPLE}"
    if rate.value > MOST_BPCER:
        return f"{rate.count} of {rate.total} people are refused: BPCER over {MOST_BPCER:.0%}"
    return ""


def with_pad(groups: Sequence[GroupRates], tried: Sequence[PadGroup]) -> list[GroupRates]:
    """Return the groups with their errors of PAD; a group that only PAD measured stands at the end."""
    of_pad = {one.group: one for one in tried}
    known = {one.group for one in groups}
    more = [GroupRates(one.group, one.people, one.promised) for one in tried if one.group not in known]
    return [_with(one, of_pad.get(one.group)) for one in [*groups, *more]]


def _with(rates: GroupRates, tried: PadGroup | None) -> GroupRates:
    if tried is None:
        return rates
    failure = rates.failure or _group_failure(tried)
    return replace(rates, bpcer=tried.bpcer, apcer=tried.apcer, failure=failure)


def _group_failure(tried: PadGroup) -> str:
    """Return why PAD fails a group. Too few tries are told and judge nobody: five errors would be chance."""
    if not tried.promised:
        return ""
    found = (
        (people_failure, tried.bpcer, FEWEST_PEOPLE),
        (attack_failure, tried.apcer, FEWEST_ATTACKS),
    )
    return next((why for judge, rate, fewest in found if rate.total >= fewest and (why := judge(rate))), "")


def failures(part: Mapping[str, Any]) -> list[str]:
    """Return what the gate refuses of a record's PAD part."""
    every = [*part["attacks"], *part["people"]]
    found = [f"{one['species']}: {one['failure']}" for one in every if one["failure"]]
    return found if part["people"] else [*found, "people: not measured"]
