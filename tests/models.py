"""The application models that a test runs over: every row of the table, one that comes later too.

Most of what is shown is about a reference, so that LETTERS are the models that keep one. A test takes the
parameter `letter`; which questions of docs/modes.md it answers says its marker `modes` (tests/modes.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import permutations
from pathlib import Path
from typing import Final

import pytest

from authsvc.core.application_models import APPLICATION_MODELS, Flow
from devtools.phone.phone import Person
from devtools.stack.stack import Stack
from tests import product
from tests.campaign import sampled

EVERY: Final = tuple(row.letter for row in APPLICATION_MODELS)
LETTERS: Final = tuple(row.letter for row in APPLICATION_MODELS if row.keeps)
KEEPING_NOTHING: Final = tuple(letter for letter in EVERY if letter not in LETTERS)
DEFAULT: Final = next(row.letter for row in APPLICATION_MODELS if row.default)
KEPT_BY_PHONES: Final = tuple(row.letter for row in APPLICATION_MODELS if Flow.REFERENCE in row.crossing.up)
COMPARED_BY_PHONES: Final = tuple(row.letter for row in APPLICATION_MODELS if row.sends_to_phone)
IN_PAGES: Final = tuple(letter for letter in LETTERS if letter not in COMPARED_BY_PHONES)
"""By which a page takes a face that a worker compares; browser/capture/test_comparing.py has the others."""
WITH_SHARES: Final = tuple(row.letter for row in APPLICATION_MODELS if row.shares)
BY_LETTER: Final = {letter: letter for letter in LETTERS}
_CHOOSE: Final = """
from authsvc.policy.services import publish_models
publish_models(models={models!r}, justification="For the tests.", published_by="a test")
"""


def each(letters: Sequence[str] = LETTERS) -> list[pytest.ParameterSet]:
    """Return every model, for tests that are quick."""
    return [pytest.param(letter, id=letter) for letter in letters]


def by_turns(turn: int, letters: Sequence[str] = LETTERS) -> list[pytest.ParameterSet]:
    """Return every model for the campaign, and for `make test` the one whose turn it is.

    The tests of a suite have turns of their own, one after another: so each model meets some of them.
    """
    return sampled({letter: letter for letter in letters}, letters[turn % len(letters)])


def with_each(cases: Mapping[str, object], *sample: str) -> list[pytest.ParameterSet]:
    """Return every case with every model, as two parameters: the campaign takes all.

    `make test` takes the cases that the sample names, with the models in turn.
    """
    pairs = {f"{name}-{letter}": (case, letter) for name, case in cases.items() for letter in LETTERS}
    turns = [f"{name}-{LETTERS[at % len(LETTERS)]}" for at, name in enumerate(sample)]
    chosen = zip(pairs.values(), sampled(pairs, *turns), strict=True)
    return [pytest.param(case, letter, id=each.id, marks=each.marks) for (case, letter), each in chosen]


def moves() -> list[pytest.ParameterSet]:
    """Return every pair of two models for the campaign; `make test` moves from the default to the last."""
    pairs = {f"{one}-{other}": (one, other) for one, other in permutations(LETTERS, 2)}
    last = next(letter for letter in reversed(LETTERS) if letter != DEFAULT)
    return sampled(pairs, f"{DEFAULT}-{last}")


@contextmanager
def keeping(stack: Stack, letter: str) -> Iterator[None]:
    """Let new faces be kept by this model while the block runs, and by the default after it.

    References of every model count, then as before.
    """
    allow(stack, letter, *EVERY)
    try:
        yield
    finally:
        allow(stack, DEFAULT, *EVERY)


def enrolled(stack: Stack, photos: Path, name: str, letter: str) -> Person:
    """Enrol a new person by a model, and return them with another photograph to sign in with."""
    with keeping(stack, letter):
        return product.enrolled(stack, photos, name)


def allow(stack: Stack, *letters: str) -> None:
    """Let references of these models count, new ones being kept by the first."""
    stack.python(_CHOOSE.format(models=list(dict.fromkeys(letters))))
