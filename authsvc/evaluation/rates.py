"""Error rates by ISO/IEC 19795-1, with intervals that resample people, not comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import beta

from authsvc.biometrics.description import PROBE
from authsvc.biometrics.types import Array, fuse

from .dataset import Person

RESAMPLES: Final = 200
TAIL: Final = 0.005
"""Share of non-mated scores that the tail of a threshold is fitted on."""


@dataclass(frozen=True, slots=True)
class Rate:
    """count errors in total tries; low and high bound the rate with 95 % confidence (Clopper and Pearson)."""

    count: int
    total: int

    @property
    def value(self) -> float:
        """The rate, 0-1; 0 of no tries."""
        return self.count / self.total if self.total else 0.0

    @property
    def low(self) -> float:
        """Lower end of the two-sided 95 % interval."""
        return float(beta.ppf(0.025, self.count, self.total - self.count + 1)) if self.count else 0.0

    @property
    def high(self) -> float:
        """Upper end of the two-sided 95 % interval."""
        errorless = self.count >= self.total
        return 1.0 if errorless else float(beta.ppf(0.975, self.count + 1, self.total - self.count))

    def __str__(self) -> str:
        return f"{self.value:6.2%} [{self.low:.2%}, {self.high:.2%}]"


NOT_MEASURED: Final = Rate(0, 0)


def as_json(rate: Rate) -> dict[str, float] | None:
    """Return a rate as a record keeps it, with its 95 % interval; None for one of no tries."""
    if not rate.total:
        return None
    return {"errors": rate.count, "compared": rate.total, "low": rate.low, "high": rate.high}


@dataclass(frozen=True, eq=False)
class Scores:
    """Mated scores (one a person) and non-mated scores (references × probes, NaN on mated places).

    `references` and `probes` are the people's names along the axes.
    """

    mated: Array
    non_mated: Array
    references: tuple[str, ...]
    probes: tuple[str, ...]

    @property
    def impostors(self) -> Array:
        """The non-mated scores as one row."""
        return self.non_mated[~np.isnan(self.non_mated)]


def fused(vectors: Array) -> Array:
    """Return the vectors as one, as the pipeline fuses them."""
    return fuse(vectors, np.full(len(vectors), 1 / len(vectors), np.float32))


def score_people(people: Sequence[Person], *, enrol: int, probe: int) -> Scores:
    """Compare `enrol` fused pictures with `probe` others: mated within, non-mated across people.

    The mirror image counts where the pipeline counts it: with every picture of a reference, and with as many
    of a probe as description.PROBE says. People with fewer pictures serve as non-mated probes with those
    they have.
    """
    full = [one for one in people if len(one.vectors) >= enrol + probe]
    others = [one for one in people if 0 < len(one.vectors) < enrol + probe]
    references = np.array([fused(one.vectors[:enrol]) for one in full])
    probes = np.array(
        [_probe(one, slice(enrol, enrol + probe)) for one in full]
        + [_probe(one, slice(probe)) for one in others]
    )
    scores = references @ probes.T
    mated = scores[np.arange(len(full)), np.arange(len(full))].copy()
    scores[np.arange(len(full)), np.arange(len(full))] = np.nan
    names = tuple(one.name for one in full)
    return Scores(mated, scores, names, names + tuple(one.name for one in others))


def _probe(person: Person, pictures: slice) -> Array:
    mirrored, plain = (vectors[pictures] for vectors in person.probes)
    return fused(np.vstack([mirrored[: PROBE.mirrored], plain[PROBE.mirrored :]]))


def threshold_at(impostors: Array, rate: float) -> float:
    """Return the threshold at a false match rate.

    Above the largest 0.5 % the scores' tail is taken as exponential (peaks over threshold, Coles 2001,
    section 4.2): it says where the rate is reached although too few scores lie beyond to count them.
    """
    base = float(np.quantile(impostors, 1 - TAIL))
    excess = impostors[impostors > base] - base
    return (
        base + float(excess.mean()) * float(np.log(TAIL / rate))
        if rate < TAIL
        else float(np.quantile(impostors, 1 - rate))
    )


def false_match_rate(scores: Scores, threshold: float) -> float:
    """Return the share of non-mated comparisons at or above the threshold."""
    return float((scores.impostors >= threshold).mean())


def false_non_match_rate(scores: Scores, threshold: float) -> float:
    """Return the share of mated comparisons below the threshold."""
    return float((scores.mated < threshold).mean())


def intervals(
    scores: Scores, threshold: float, *, seed: int = 1
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return 95 % intervals of FMR and FNMR at a threshold, by resampling people (both axes of the scores).

    Where nothing failed, the upper end is the rule of three: 3 / number of independent people or pairs.
    """
    rng = np.random.default_rng(seed)
    wrong = np.nan_to_num(scores.non_mated, nan=-2.0) >= threshold
    misses = scores.mated < threshold
    fmr, fnmr = [], []
    for _ in range(RESAMPLES):
        rows = rng.integers(len(scores.references), size=len(scores.references))
        columns = rng.integers(len(scores.probes), size=len(scores.probes))
        fmr.append(wrong[np.ix_(rows, columns)].mean())
        fnmr.append(misses[rows].mean())
    return _interval(fmr, wrong.sum(), scores.impostors.size), _interval(fnmr, misses.sum(), misses.size)


def _interval(rates: Sequence[float], events: int, count: int) -> tuple[float, float]:
    if events == 0:
        return 0.0, min(1.0, 3 / count)
    return float(np.quantile(rates, 0.025)), float(np.quantile(rates, 0.975))


def detection_error_trade_off(scores: Scores, *, points: int = 60) -> list[tuple[float, float, float]]:
    """Return (threshold, FMR, FNMR) from an FMR of 0.1 down to the least that can be seen."""
    impostors = scores.impostors
    lowest = 1 / impostors.size
    found = []
    for rate in np.geomspace(0.1, lowest, points):
        threshold = float(np.quantile(impostors, 1 - rate))
        found.append(
            (threshold, false_match_rate(scores, threshold), false_non_match_rate(scores, threshold))
        )
    return found
