"""Does the unified quality score predict false non-match? Fit, and error-versus-discard curve.

ISO/IEC 29794-1 asks of a quality score that the pictures it ranks lowest are those that fail to match. Each
picture of a person, and copies with the faults of poor captures, are compared with the mean of that person's
other pictures; the score is fitted on one half of the people and its curve is drawn on the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.stages.quality import (
    HINTS,
    UNIFIED_WEIGHTS,
    components,
    unified_score,
)
from authsvc.biometrics.types import Image

from .dataset import PICTURES, folders, kept_in, middle_face, read_picture
from .degradation import degraded
from .verification import in_calibration

Array = NDArray[np.float64]
Landmarks = NDArray[np.float32]

NAMES: Final = tuple(HINTS)
BY_HAND: Final = frozenset(
    {
        "SingleFacePresent",
        "LeftwardCropOfTheFaceImage",
        "RightwardCropOfTheFaceImage",
        "MarginAboveOfTheFaceImage",
        "MarginBelowOfTheFaceImage",
    }
)
"""Components that hardly vary in centred photographs of one face; their weights stay."""

COPIES: Final = 2
"""Of each picture, with faults."""

FEWEST: Final = 3
DISCARDED: Final = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3)
FALSE_MATCHES: Final = 1e-4
_RIDGE: Final = 0.003


@dataclass(frozen=True, eq=False)
class Rated:
    """A person's pictures: n×d unit vectors and n×k components from 0 to 100, in the order of NAMES.

    `pictures` numbers the photograph that each is or is a copy of, `faulty` tells the copies.
    """

    name: str
    vectors: NDArray[np.float32]
    components: Array
    pictures: NDArray[np.int64]
    faulty: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Prediction:
    """offset and weights as fitted; curve: share discarded to FNMR of the rest, by the score in force and by
    the fitted one, on people not fitted on; fnmr: of all pictures."""

    offset: float
    weights: Mapping[str, float]
    curve: Sequence[tuple[float, float, float]]
    pictures: int
    misses: int


def read_rated(
    dataset: Path, engine: Engine, *, cache: Path, progress: Callable[[int, int], None]
) -> Iterator[Rated]:
    """Yield the people with at least FEWEST usable pictures; what an interrupted run found is kept."""
    people = folders(dataset)
    store = kept_in(cache, "faults", dataset, engine)
    for number, folder in enumerate(people, start=1):
        path = store / f"{hashlib.sha256(folder.name.encode()).hexdigest()[:24]}.npz"
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() in PICTURES)
        if len(files) >= FEWEST:
            if not path.exists():
                _rate(files, engine, path)
            with np.load(path) as found:
                if np.count_nonzero(~found["faulty"]) >= FEWEST:
                    parts = ("vectors", "components", "pictures", "faulty")
                    yield Rated(folder.name, *(found[part] for part in parts))
        progress(number, len(people))


def predict(people: Sequence[Rated]) -> Prediction:
    """Return the fit on one half of the people and the curve on the other.

    Raises ValueError where a half shows no false non-match to fit or to measure.
    """
    fit = [one for one in people if in_calibration(one.name)]
    test = [one for one in people if not in_calibration(one.name)]
    known, unseen = _misses(fit), _misses(test)
    if not known.any() or not unseen.any():
        raise ValueError("too few pictures: no false non-match to learn from")
    offset, weights = _fitted(np.vstack([one.components for one in fit]), known)
    rated = np.vstack([one.components for one in test])
    now = np.array([_score(row) for row in rated])
    anew = np.array([_total(row, offset, weights) for row in rated])
    curve = [(share, _rest(unseen, now, share), _rest(unseen, anew, share)) for share in DISCARDED]
    return Prediction(offset, weights, curve, len(unseen), int(unseen.sum()))


def as_text(found: Prediction) -> str:
    """Return the curve as a Markdown table, and the fitted weights as code."""
    lines = [
        f"{found.pictures} pictures of people not fitted on, {found.misses} false non-matches",
        "",
        "| worst discarded | FNMR, score in force | FNMR, fitted anew |",
        "|---|---|---|",
    ]
    lines += [f"| {share:.0%} | {now:.2%} | {fitted:.2%} |" for share, now, fitted in found.curve]
    lines += ["", f"UNIFIED_OFFSET: Final = {found.offset:.2f}"]
    lines += [f'    "{name}": {weight:.2f},' for name, weight in found.weights.items() if weight >= 0.05]
    return "\n".join(lines) + "\n"


def _rate(files: Sequence[Path], engine: Engine, path: Path) -> None:
    vectors, rated, sources = [], [], []
    for number, file in enumerate(files):
        for faulty, image, landmarks in _views(file, engine):
            (vector,) = engine.features([image], [landmarks], mirrored=[True])
            measured = components(image, landmarks.astype(np.float64), 1)
            vectors.append(vector / np.linalg.norm(vector))
            rated.append([measured[name] for name in NAMES])
            sources.append((number, faulty))
    temporary = path.with_suffix(".part.npz")
    pictures = np.array(sources, np.int64).reshape(-1, 2)
    np.savez(
        temporary,
        vectors=np.array(vectors, np.float32).reshape(len(vectors), engine.feature_size),
        components=np.array(rated, np.float64).reshape(len(rated), len(NAMES)),
        pictures=pictures[:, 0],
        faulty=pictures[:, 1] == 1,
    )
    temporary.replace(path)


def _views(file: Path, engine: Engine) -> Iterator[tuple[bool, Image, Landmarks]]:
    """Yield a photograph and its faulty copies, with the landmarks of its face, where one is found."""
    found = read_picture(file, engine)
    if found is None:
        return
    yield False, *found
    image, landmarks = found
    eye_span = float(np.hypot(*(landmarks[42:48].mean(axis=0) - landmarks[36:42].mean(axis=0))))
    seed = hashlib.sha256(f"{file.parent.name}/{file.name}".encode()).digest()
    rng = np.random.default_rng(list(seed))
    for _ in range(COPIES):
        copy = degraded(image, eye_span, rng)
        seen = middle_face(copy, engine)
        if seen is not None:
            yield True, copy, seen


def _misses(people: Sequence[Rated]) -> NDArray[np.bool_]:
    """Return for each picture whether it fails to match the mean of its person's others at FALSE_MATCHES."""
    mated, means = [], []
    for one in people:
        # Of each photograph once, without faults: what the person enrolled with.
        clean = one.vectors[~one.faulty]
        other = one.pictures[:, None] != one.pictures[~one.faulty][None]
        others = other.astype(np.float32) @ clean
        others /= np.linalg.norm(others, axis=1, keepdims=True)
        mated.append((others * one.vectors).sum(axis=1))
        total = clean.sum(axis=0)
        means.append(total / np.linalg.norm(total))
    scores = np.vstack([one.vectors for one in people]) @ np.array(means).T
    owner = np.repeat(np.arange(len(people)), [len(one.vectors) for one in people])
    scores[np.arange(len(owner)), owner] = -1
    faultless = ~np.concatenate([one.faulty for one in people])
    threshold = np.quantile(scores[faultless], 1 - FALSE_MATCHES)
    return np.asarray(np.concatenate(mated) < threshold)


def _fitted(rated: Array, misses: NDArray[np.bool_]) -> tuple[float, dict[str, float]]:
    """Return a logistic regression whose weights are not negative: no component may make up for itself."""
    free = [index for index, name in enumerate(NAMES) if name not in BY_HAND]
    short, sign = rated / 100 - 1, np.where(misses, -1.0, 1.0)
    by_hand = {name: UNIFIED_WEIGHTS.get(name, 0.0) for name in BY_HAND}
    fixed = short @ np.array([by_hand.get(name, 0.0) for name in NAMES])
    short = short[:, free]

    def loss(parameters: Array) -> float:
        total = parameters[0] + fixed + short @ parameters[1:]
        return float(np.logaddexp(0, -sign * total).mean() + _RIDGE * (parameters[1:] ** 2).mean())

    bounds = [(None, None)] + [(0.0, None)] * len(free)
    found = minimize(loss, np.ones(len(free) + 1), method="L-BFGS-B", bounds=bounds).x
    weights = {NAMES[index]: float(weight) for index, weight in zip(free, found[1:], strict=True)}
    return float(found[0]), weights | by_hand


def _score(row: Array) -> float:
    return unified_score(dict(zip(NAMES, row, strict=True)))


def _total(row: Array, offset: float, weights: Mapping[str, float]) -> float:
    measured = dict(zip(NAMES, row, strict=True))
    return offset + sum(weight * (measured[name] / 100 - 1) for name, weight in weights.items())


def _rest(misses: NDArray[np.bool_], ranks: Array, share: float) -> float:
    """Return the miss rate of what is left when the lowest ranked share is discarded."""
    kept = np.argsort(ranks, kind="stable")[int(share * len(ranks)) :]
    return float(misses[kept].mean())
