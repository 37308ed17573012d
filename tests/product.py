"""A running product and an enrolled person, shared by the journeys and the browser tests."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from devtools.phone.authenticator import Authenticator
from devtools.phone.phone import Person, SoftwarePhone
from devtools.rendering import photographs
from devtools.stack.console import console
from devtools.stack.stack import Stack, running


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The product with web, worker and partner site; on PostgreSQL and Redis where there are."""
    with running(tmp_path_factory.mktemp("stack")) as product, console(product.env) as commands:
        yield replace(product, console=commands)


def enrolled(stack: Stack, photos: Path, name: str = "A person of the tests") -> Person:
    """Enrol a new person from a photograph, and return them with another to sign in with."""
    passkeys = Authenticator()
    enrolling = Person(photographs.read(photos / "obama" / "01.jpg"), authenticator=passkeys)
    SoftwarePhone(enrolling).enrol(stack.new_link(name))
    return Person(photographs.read(photos / "obama" / "03.jpg"), photographs.read(photos / "biden"), passkeys)


@pytest.fixture(scope="session")
def person(stack: Stack, photos: Path) -> Person:
    """A person who is enrolled once for the whole run."""
    return enrolled(stack, photos)
