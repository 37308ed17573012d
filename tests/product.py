"""A running product and an enrolled person, shared by the journeys and the browser tests."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from devtools.laboratory.device_engine import ServersOwnEngine
from devtools.phone.authenticator import Authenticator
from devtools.phone.phone import Person, SoftwarePhone
from devtools.rendering import photographs
from devtools.stack.console import console
from devtools.stack.stack import Stack, running
from rp.client.liveness import Liveness

ENGINE: Final = ServersOwnEngine()
"""What a phone compares by, where its model has it compare."""


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The product with web, worker and partner site; on PostgreSQL and Redis where there are."""
    with running(tmp_path_factory.mktemp("stack"), office=True) as product, console(product.env) as commands:
        yield replace(product, console=commands)


def enrolled(stack: Stack, photos: Path, name: str = "A person of the tests") -> Person:
    """Enrol a new person from a photograph, and return them with another to sign in with."""
    passkeys = Authenticator()
    enrolling = Person(photographs.read(photos / "obama" / "01.jpg"), authenticator=passkeys)
    SoftwarePhone(enrolling).enrol(stack.new_link(name))
    later, other = photographs.read(photos / "obama" / "03.jpg"), photographs.read(photos / "biden")
    return Person(later, other, passkeys, ENGINE)


def presence_of(stack: Stack) -> str:
    """Return where the partner site sends a person whom it asks to be before a camera, whoever they are."""
    return f"{stack.partner_url}/oidc/authenticate/?presence=1&acr=urn:visor:L2&next=/members"


def liveness_of(stack: Stack) -> Liveness:
    """Return the partner site's client of liveness as a service."""
    known = stack.demo["parties"]["presence"]
    return Liveness(known["issuer"], known["client_id"], known["key"])


@pytest.fixture(scope="session")
def person(stack: Stack, photos: Path) -> Person:
    """A person who is enrolled once for the whole run."""
    return enrolled(stack, photos)
