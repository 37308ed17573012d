"""What each PAD signal by itself says of each species: how often it refuses alone, and how strongly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from authsvc.biometrics.stages.pad.fusion import VETO, fuse
from authsvc.biometrics.stages.pad.signals import CALIBRATIONS

from .pad_trials import Trial


@dataclass(frozen=True, slots=True)
class Contribution:
    """One signal on one species: of `tries`, `told` had a score and `alone` were refused by it alone; `mean`
    is the mean of its calibrated log-likelihood ratios, in nepers, of those that had a score.
    """

    species: str
    signal: str
    tries: int
    told: int
    alone: int
    mean: float

    @property
    def share(self) -> float:
        """Of all tries, how many the signal refuses alone, 0 to 1."""
        return self.alone / self.tries


def contributions(trials: Sequence[Trial]) -> list[Contribution]:
    """Returns what each signal says of each species, both in the order in which they are first met; a signal
    that never had a score on a species is left out of it.
    """
    return [one for name in dict.fromkeys(trial.species for trial in trials) for one in _of(name, trials)]


def _of(species: str, trials: Sequence[Trial]) -> Iterator[Contribution]:
    chosen = [fuse(trial.scores).ratios for trial in trials if trial.species == species]
    for signal in CALIBRATIONS:
        found = [ratios[signal] for ratios in chosen if signal in ratios]
        if found:
            alone = sum(ratio <= VETO for ratio in found)
            yield Contribution(species, signal, len(chosen), len(found), alone, sum(found) / len(found))


def as_table(found: Sequence[Contribution]) -> str:
    """Returns a Markdown table, a row a signal and a column a species: the share that it refuses alone, and
    its mean ratio.
    """
    species = tuple(dict.fromkeys(one.species for one in found))
    cells = {(one.signal, one.species): f"{one.share:.0%}, {one.mean:+.1f}" for one in found}
    lines = [f"| signal | {' | '.join(species)} |", f"|---|{'---|' * len(species)}"]
    for signal in (name for name in CALIBRATIONS if any(one.signal == name for one in found)):
        row = " | ".join(cells.get((signal, name), "–") for name in species)
        lines.append(f"| {signal} | {row} |")
    return "\n".join(lines)


def as_json(found: Sequence[Contribution]) -> list[dict[str, Any]]:
    """Returns the contributions as JSON values, with their shares."""
    return [asdict(one) | {"share": one.share} for one in found]
