"""Error rates of PAD by ISO/IEC 30107-3: APCER a species, BPCER, non-response, with exact intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from .pad_trials import Trial
from .rates import Rate

BONA_FIDE: Final = "bona-fide"
"""The species of a living person's tries; what else is asked for beside the turn follows after a dash."""

CLAIMED: Final = frozenset(
    {
        *("flat-print", "bent-print", "cut-out", "print-on-head", "feigned-blink", "screen-photo"),
        *("screen-video", "recorded-answer", "swapped-face", "painted-light", "frozen-video"),
        *("alternating-faces", "known-frames", "no-light", "unlit-person", "others-light"),
        *("permuted-light", "late-light"),
    }
)
"""The species of attack that PAD answers for (docs/liveness.md)."""


@dataclass(frozen=True, slots=True)
class SpeciesRow:
    """One species: error is its APCER (or, for bona fide, its BPCER); silent its non-response rate."""

    species: str
    claimed: bool
    bona_fide: bool
    error: Rate
    silent: Rate
    milliseconds: float


def species_row(trials: Sequence[Trial], *, claimed: bool, bona_fide: bool) -> SpeciesRow:
    """Returns the rates of one species' trials.

    An attack's error is a try that passed, over all tries. A bona fide error is any try that did not pass,
    non-responses included: stricter than the standard, since the person cannot sign in either way.
    """
    errors = sum(trial.accepted != bona_fide for trial in trials)
    silent = sum(not trial.responded for trial in trials)
    took = sorted(trial.seconds for trial in trials)
    return SpeciesRow(
        trials[0].species,
        claimed,
        bona_fide,
        Rate(errors, len(trials)),
        Rate(silent, len(trials)),
        1000 * took[len(took) // 2],
    )


def species_rows(trials: Sequence[Trial]) -> list[SpeciesRow]:
    """Returns a row for each species, in the order in which they were tried."""
    return [
        species_row(
            [trial for trial in trials if trial.species == name],
            claimed=name in CLAIMED,
            bona_fide=name.startswith(BONA_FIDE),
        )
        for name in dict.fromkeys(trial.species for trial in trials)
    ]


def worst_claimed(rows: Sequence[SpeciesRow]) -> SpeciesRow:
    """Returns the claimed attack species with the highest APCER: the one that counts."""
    return max((row for row in rows if row.claimed and not row.bona_fide), key=lambda row: row.error.value)


def as_table(rows: Sequence[SpeciesRow]) -> str:
    """Returns the report as a Markdown table."""
    lines = [
        "| species | claimed | tries | error | 95 % interval | non-response | PAD, ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        kind = "BPCER" if row.bona_fide else "APCER"
        claimed = "–" if row.bona_fide else ("yes" if row.claimed else "no")
        interval = f"{row.error.low:.1%} – {row.error.high:.1%}"
        lines.append(
            f"| {row.species} | {claimed} | {row.error.total} | {kind} {row.error.value:.1%} | {interval} "
            f"| {row.silent.value:.1%} | {row.milliseconds:.1f} |"
        )
    return "\n".join(lines)


def as_json(rows: Sequence[SpeciesRow]) -> list[dict[str, Any]]:
    """Returns the rows as JSON values, with their intervals."""
    return [
        asdict(row) | {"rate": row.error.value, "interval": [row.error.low, row.error.high]} for row in rows
    ]
