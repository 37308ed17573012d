"""What the page's own comparison finds in photographs, beside what a worker keeps of them; resumable."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.records.page import page_engine
from authsvc.biometrics.types import Array
from authsvc.evaluation.dataset import PICTURES, Person, describe_file, folders, kept_in
from devtools.laboratory.page_engine import PageEngine


def read_page_people(
    dataset: Path,
    engine: Engine,
    page: PageEngine,
    *,
    cache: Path,
    progress: Callable[[int, int], None],
) -> Iterator[Person]:
    """Yield every person, whose references are by a worker's engine and whose probes are by the page.

    What an interrupted run of the same page and engine found is kept.
    """
    people = folders(dataset)
    store = kept_in(cache, f"page {page_engine()}", dataset, engine)
    for number, folder in enumerate(people, start=1):
        path = store / f"{hashlib.sha256(folder.name.encode()).hexdigest()[:24]}.npz"
        if not path.exists():
            _extract(folder, engine, page, path)
        with np.load(path) as found:
            yield Person(
                folder.name,
                found["vectors"],
                found["plain"],
                int(found["failed"]),
                seen=found["seen"],
                seen_plain=found["seen_plain"],
            )
        progress(number, len(people))


def _extract(folder: Path, engine: Engine, page: PageEngine, path: Path) -> None:
    """Keep what both find; a photograph in which either finds no face is a failure."""
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in PICTURES)
    found = []
    for file in files:
        theirs = describe_file(file, engine)
        ours = None if theirs is None else _described(file, page, several=len(files) > 1)
        if theirs is not None and ours is not None:
            found.append(np.concatenate([theirs, ours]))
    rows = np.array(found, np.float32).reshape(len(found), 4, engine.feature_size)
    temporary = path.with_suffix(".part.npz")
    np.savez(
        temporary,
        vectors=rows[:, 0],
        plain=rows[:, 1],
        seen=rows[:, 2],
        seen_plain=rows[:, 3],
        failed=len(files) - len(found),
    )
    temporary.replace(path)


def _described(file: Path, page: PageEngine, *, several: bool) -> Array | None:
    """Return the unit vectors (2×d) by the page, with the mirror image and without; None without a face.

    The page counts the mirror image of its first picture alone: where there is one picture, that is it.
    """
    content = file.read_bytes()
    (twice,), _ = page.describe([content], twice=True)
    if twice is None:
        return None
    (plain,), _ = page.describe([content]) if several else ([twice], 0.0)
    both = np.stack([twice, twice if plain is None else plain])
    return np.asarray(both / np.linalg.norm(both, axis=1, keepdims=True), np.float32)
