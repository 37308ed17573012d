"""`manage.py evaluate-morphs DATASET`: enrolled with a morph of two people, does each pass for it?"""

from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError
from numpy.typing import NDArray

from authsvc.biometrics.engines.base import Engine, ModelProblem
from authsvc.biometrics.engines.loading import load_engine
from authsvc.biometrics.types import Array, Image
from authsvc.evaluation.dataset import PICTURES, folders, middle_face, read_picture
from authsvc.evaluation.operating import thresholds_of
from devtools.laboratory.morphs import Met, Portrayed, morph, rates_of


@dataclass(frozen=True)
class Tried:
    """What became of one morph, and the folders of the two people."""

    met: Met
    people: tuple[str, str]


class _Tries:
    """Makes morphs and compares them; looks at each photograph once, however many it is drawn for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._seen: dict[Path, tuple[Portrayed, Array] | None] = {}

    def of(self, files: list[Path], others: list[list[Path]]) -> Tried | None:
        """Return how a morph meets both people's second photographs; None where a face is not found.

        The partner is the most alike of the others.
        """
        own = self._looked_at(files[0])
        candidates = [(found, other) for other in others if (found := self._looked_at(other[0]))]
        if own is None or not candidates:
            return None
        partner, theirs = max(candidates, key=lambda found: _score(own[1], found[0][1]))
        probes = [self._looked_at(files[1]), self._looked_at(theirs[1])]
        mixed = morph(own[0], partner[0])
        landmarks = middle_face(mixed, self._engine)
        first, second = probes
        if landmarks is None or first is None or second is None:
            return None
        kept = self._features(mixed, landmarks)
        alone = _score(own[1], first[1]), _score(partner[1], second[1])
        met = Met(_score(kept, first[1]), _score(kept, second[1]), alone)
        return Tried(met, (files[0].parent.name, theirs[0].parent.name))

    def _looked_at(self, file: Path) -> tuple[Portrayed, Array] | None:
        """Return the face in a photograph, and its features; None where there is none."""
        if file not in self._seen:
            found = read_picture(file, self._engine)
            self._seen[file] = found and (
                Portrayed(found[0], found[1].astype(np.float64)),
                self._features(*found),
            )
        return self._seen[file]

    def _features(self, photo: Image, landmarks: NDArray[np.floating[Any]]) -> Array:
        found = self._engine.features([photo], [landmarks.astype(np.float32)], mirrored=[True])[0]
        return np.asarray(found / np.linalg.norm(found), np.float32)


class Command(BaseCommand):
    """Draws pairs of people with two photographs; morphs the first of each, compares it with the second."""

    help = "Measure how often both people match the morph of their photographs."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("dataset", type=Path, help="photographs, a folder a person")
        parser.add_argument("--pairs", type=int, default=100, help="how many morphs at most (100)")
        parser.add_argument(
            "--among", type=int, default=1, help="each is morphed with the most alike of so many others (1)"
        )
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, **options: Any) -> None:
        """Morph, compare and print. Raises CommandError."""
        try:
            engine = load_engine()
            points = thresholds_of(engine)
            met = list(self._tries(engine, **options))
        except (ValueError, OSError, ModelProblem) as problem:
            raise CommandError(str(problem)) from None
        people = {name for one in met for name in one.people}
        self.stdout.write(f"{len(met)} morphs of {len(people)} people")
        self.stdout.write(
            "| operating point | both match | one at least | without a morph |\n|---|---|---|---|"
        )
        for name, rate in zip(points, rates_of((one.met for one in met), list(points.values())), strict=True):
            cells = (f"{each.count} of {each.total} {each}" for each in (rate.both, rate.either, rate.alone))
            self.stdout.write(f"| {name} | {' | '.join(cells)} |")

    def _tries(
        self, engine: Engine, *, dataset: Path, pairs: int, among: int, seed: int, **_: Any
    ) -> Iterator[Tried]:
        """Yield so many morphs, each of two people drawn for it; fewer where people run out."""
        rng = np.random.default_rng(seed)
        people = [found for folder in folders(dataset) if len(found := _photographs(folder)) > 1]
        if len(people) <= among:
            raise ValueError(f"{dataset} holds too few people with two photographs")
        tries = _Tries(engine)
        made = (
            tries.of(people[first], [people[each] for each in rest])
            for first, *rest in _drawn(rng, len(people), among)
        )
        yield from islice(filter(None, made), pairs)


def _drawn(rng: np.random.Generator, people: int, among: int) -> Iterator[list[int]]:
    """Yield somebody, and so many others of whom one is chosen, each person once as the first."""
    for first in rng.permutation(people):
        others = rng.choice(np.delete(np.arange(people), first), among, replace=False)
        yield [int(first), *map(int, others)]


def _photographs(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in PICTURES)[:2]


def _score(one: Array, other: Array) -> float:
    return float(np.dot(one, other))
