"""A running product whose worker the test holds in its hands; for races in this process, a sandbox tenant."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from devtools.phone.phone import Person
from devtools.stack.console import console
from devtools.stack.stack import Stack, running
from tests import models
from tests.attacks.sinks import Sinks
from tests.attacks.worker import Worker, working
from tests.product import enrolled
from tests.provider.conftest import shared, tenant, visitor
from tests.tenancy.conftest import ours, owner, theirs, worlds

__all__ = ["ours", "owner", "shared", "tenant", "theirs", "visitor", "worlds"]
PERSON = "A person under attack"


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The product without its worker, as talkative as it can be, its temporary files among its data."""
    folder = tmp_path_factory.mktemp("attacked")
    temporary = folder / "tmp"
    temporary.mkdir()
    with (
        running(
            folder, worker=False, VISOR_LOG_LEVEL="DEBUG", VISOR_LOG_FORMAT="json", TMPDIR=str(temporary)
        ) as product,
        console(product.env) as commands,
    ):
        yield replace(product, console=commands)


@pytest.fixture(scope="session")
def sinks(stack: Stack) -> Sinks:
    """Where to look."""
    return Sinks(stack)


@pytest.fixture
def worker(stack: Stack) -> Iterator[Worker]:
    """A worker for one test."""
    with working(stack) as process:
        yield process


@pytest.fixture(scope="session")
def person(stack: Stack, photos: Path) -> Person:
    """The one person who has enrolled by the name of PERSON."""
    with working(stack):
        return enrolled(stack, photos, PERSON)


People = Callable[[str], tuple[str, Person]]


@pytest.fixture(scope="session")
def people(stack: Stack, photos: Path) -> People:
    """Somebody by each application model, with their name: enrolled at the first call."""

    @cache
    def by(letter: str) -> tuple[str, Person]:
        name = f"{PERSON}, by {letter}"
        # An enrolment that keeps nothing shows no face to anybody.
        with working(stack) if letter in models.LETTERS else nullcontext():
            return name, models.enrolled(stack, photos, name, letter)

    return by


@pytest.fixture
def fresh_counter(sinks: Sinks) -> None:
    """Begin with no failed try: the attacks make more of them than a person may.

    What an earlier test has begun and left counts as a failed try once its time is over, so it is over now.
    """
    sinks.rows("UPDATE transactions_capture SET state = 'expired' WHERE state = 'issued' RETURNING 1")
    sinks.rows("UPDATE transactions_attemptcounter SET failures = 0, locked_until = NULL RETURNING 1")
    sinks.rows("UPDATE transactions_capture SET issued_at = issued_at - interval '1 hour' RETURNING 1")
