"""What the service said to genuine people under each condition, beside what is asked of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from authsvc.biometrics.types import Reason

from .groups import Group
from .rates import Rate
from .stress import CONDITIONS, Condition

MOST_REFUSED: Final = 0.10
LEAST_SAID: Final = 0.90
LEAST_ACCEPTED: Final = 0.90

_ATTACKS: Final = {str(Reason.PAD_ATTACK), str(Reason.IAD_INJECTION)}


@dataclass(frozen=True, slots=True)
class CaptureTry:
    """One try of a genuine person: outcome, reason and hint as in the verdict; `detail` for auditors."""

    condition: str
    person: str
    outcome: str
    reason: str
    hint: str
    detail: str


@dataclass(frozen=True, slots=True)
class Row:
    """One condition. A refused try costs the person one; `right` of those asked again got a right hint.

    `said` counts reason and hint of whatever was not accepted; `missed` says which aim does not hold, "" for
    none.
    """

    condition: str
    accepted: Rate
    again: Rate
    refused: Rate
    attack: Rate
    right: Rate
    said: Mapping[str, int]
    missed: str


def rows_of(tries: Sequence[CaptureTry]) -> list[Row]:
    """Return a row for each condition that was tried, in the order of CONDITIONS."""
    made = [
        (condition, [one for one in tries if one.condition == condition.name]) for condition in CONDITIONS
    ]
    return [_row(condition, found) for condition, found in made if found]


def _row(condition: Condition, tries: Sequence[CaptureTry]) -> Row:
    outcomes = Counter(one.outcome for one in tries)
    accepted, again, refused = (
        Rate(outcomes[outcome], len(tries)) for outcome in ("accepted", "again", "refused")
    )
    attack = Rate(sum(one.reason in _ATTACKS for one in tries), len(tries))
    right = Rate(sum(one.outcome == "again" and one.hint in condition.hints for one in tries), again.count)
    said = Counter(_said(one) for one in tries if one.outcome != "accepted")
    missed = _missed(condition, accepted, refused, attack, right)
    return Row(condition.name, accepted, again, refused, attack, right, dict(said.most_common()), missed)


def _said(one: CaptureTry) -> str:
    return f"{one.reason} → {one.hint}" if one.hint else one.reason


def _missed(condition: Condition, accepted: Rate, refused: Rate, attack: Rate, right: Rate) -> str:
    missed = ["called an attack"] if attack.count else []
    if condition.aim == "pass" and refused.value > MOST_REFUSED:
        missed.append("refused")
    if condition.aim == "open" and accepted.value < LEAST_ACCEPTED:
        missed.append("not accepted")
    if condition.aim == "said" and right.count < LEAST_SAID * refused.total:
        missed.append("not said")
    if condition.aim == "pass" and right.total and right.value < LEAST_SAID:
        missed.append("wrong hint")
    return ", ".join(missed)


def as_group_table(tries: Sequence[CaptureTry], groups: Sequence[Group]) -> str:
    """Return a Markdown table, a row a group and a column a condition: asked again, and refused, of tries."""
    names = [one.name for one in CONDITIONS if any(made.condition == one.name for made in tries)]
    lines = [f"| group | people | {' | '.join(names)} |", "|---" * (len(names) + 2) + "|"]
    for group in groups:
        found = [one for one in tries if one.person in group.people]
        cells = [_cell([one.outcome for one in found if one.condition == name]) for name in names]
        lines.append(f"| {group.name} | {len({one.person for one in found})} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(outcomes: Sequence[str]) -> str:
    return f"{outcomes.count('again')}, {outcomes.count('refused')} of {len(outcomes)}"


def as_table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| condition | tries | accepted | again, rightly | refused, 95 % | attack | what was said | aim |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        said = ", ".join(f"{count} {words}" for words, count in row.said.items()) or "–"
        refused = f"{row.refused.value:.1%} ({row.refused.low:.1%}–{row.refused.high:.1%})"
        again = f"{row.again.value:.1%}, {row.right.count} of {row.again.count}"
        lines.append(
            f"| {row.condition} | {row.refused.total} | {row.accepted.value:.1%} | {again} | {refused} "
            f"| {row.attack.count} | {said} | {row.missed or 'holds'} |"
        )
    return "\n".join(lines)


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the rows as JSON values, rates with their intervals."""
    names = ("accepted", "again", "refused", "attack", "right")
    return [
        {"condition": row.condition, "said": dict(row.said), "missed": row.missed}
        | {name: _rate(getattr(row, name)) for name in names}
        for row in rows
    ]


def _rate(rate: Rate) -> dict[str, Any]:
    return {"count": rate.count, "total": rate.total, "interval": [rate.low, rate.high]}
