"""Error rates of PAD by ISO/IEC 30107-3: APCER a species, BPCER, RIAPAR, non-response, with exact intervals;
and the same of transactions, of three tries each.
"""

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
        *("permuted-light", "late-light", "puppet", "puppet-on-screen", "right-cue-video"),
        *("swapped-each-frame", "half-and-half", "egg-print", "bas-relief", "cut-paper-mask"),
    }
)
"""The species of attack that PAD answers for (docs/liveness.md)."""


TRIES: Final = 3
"""Tries of a transaction: an attack errs in it if one of them passes, a person if none does."""


@dataclass(frozen=True, slots=True)
class SpeciesRow:
    """One species: error is its APCER (or, for bona fide, its BPCER), transactions that of TRIES tries in a
    row of one subject; silent its non-response rate.
    """

    species: str
    claimed: bool
    bona_fide: bool
    error: Rate
    transactions: Rate
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
        _transactions(trials, bona_fide=bona_fide),
        Rate(silent, len(trials)),
        1000 * took[len(took) // 2],
    )


def _transactions(trials: Sequence[Trial], *, bona_fide: bool) -> Rate:
    """Returns the errors of each subject's whole transactions, in the order in which they were tried."""
    passed: dict[str, list[bool]] = {}
    for trial in trials:
        passed.setdefault(trial.subject, []).append(trial.accepted)
    let_in = [
        any(tries[first : first + TRIES])
        for tries in passed.values()
        for first in range(0, len(tries) - TRIES + 1, TRIES)
    ]
    return Rate(sum(one != bona_fide for one in let_in), len(let_in))


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


def riapar(row: SpeciesRow, rows: Sequence[SpeciesRow]) -> float | None:
    """Returns the relative impostor attack presentation accept rate (ISO/IEC 30107-3:2023), IAPAR + FRR.

    What passes PAD is taken to match, and a person who passes too: the APCER stands for the one, the highest
    BPCER of the report for the other. So a comparison can only make the attack's part smaller and the
    person's larger. None for people, and where no person was tried.
    """
    people = [other.error.value for other in rows if other.bona_fide]
    return None if row.bona_fide or not people else row.error.value + max(people)


def worst_claimed(rows: Sequence[SpeciesRow]) -> SpeciesRow:
    """Returns the claimed attack species with the highest APCER: the one that counts."""
    return max((row for row in rows if row.claimed and not row.bona_fide), key=lambda row: row.error.value)


def as_table(rows: Sequence[SpeciesRow]) -> str:
    """Returns the report as a Markdown table; intervals are of 95 %, silent is non-response,
    ms the time of PAD."""
    lines = [
        "| species | claimed | tries | error | interval | RIAPAR | three tries | interval | silent | ms |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_line(row, riapar(row, rows)) for row in rows]
    return "\n".join(lines)


def _line(row: SpeciesRow, relative: float | None) -> str:
    kind = "BPCER" if row.bona_fide else "APCER"
    claimed = "–" if row.bona_fide else ("yes" if row.claimed else "no")
    thrice = row.transactions
    cells = [
        *(row.species, claimed, str(row.error.total), f"{kind} {row.error.value:.1%}", _interval(row.error)),
        "–" if relative is None else f"{relative:.1%}",
        *((f"{thrice.value:.1%} of {thrice.total}", _interval(thrice)) if thrice.total else ("–", "–")),
        *(f"{row.silent.value:.1%}", f"{row.milliseconds:.1f}"),
    ]
    return f"| {' | '.join(cells)} |"


def _interval(rate: Rate) -> str:
    return f"{rate.low:.1%} – {rate.high:.1%}"


def as_json(rows: Sequence[SpeciesRow]) -> list[dict[str, Any]]:
    """Returns the rows as JSON values, with their intervals."""
    return [
        asdict(row)
        | {"rate": row.error.value, "interval": [row.error.low, row.error.high]}
        | {"riapar": riapar(row, rows)}
        for row in rows
    ]
