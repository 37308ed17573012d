"""A tenant with relying parties, endpoints that answer and one that never does, and a kind of delivery."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from authsvc.clients.models import RelyingParty
from authsvc.delivery import calling, kinds, sender
from authsvc.delivery.kinds import Call, Kind, Outcome
from authsvc.delivery.models import Delivery
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_party, make_tenant
from tests.provider.receiver import Receiver, receiving


@dataclass
class Told:
    """The kind under test, and how its deliveries ended."""

    kind: Kind
    ends: list[tuple[str, Outcome]] = field(default_factory=list)


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    made = make_tenant()
    with tenant_scope(made.id):
        yield made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def silent() -> Iterator[str]:
    """An endpoint to which calls connect, and that never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/silent"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """A kind that posts what a delivery is about to its relying party's home page, three times at most."""
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    found: Told

    def make(delivery: Delivery) -> Call:
        return Call(delivery.client.client_uri, delivery.about.encode(), {"Content-Type": "text/plain"})

    kind = kinds.register(
        Kind(
            name="under-test",
            make=make,
            arrived=lambda status: status == 200,
            settled=lambda delivery, outcome: found.ends.append((delivery.about, outcome)),
            waits=(timedelta(seconds=10), timedelta(seconds=20)),
        )
    )
    found = Told(kind)
    return found


def change(told: Told, **members: object) -> None:
    """Let the kind under test have other members."""
    told.kind = kinds._kinds["under-test"] = replace(told.kind, **members)  # type: ignore[arg-type]


def party(url: str) -> RelyingParty:
    """A relying party whose endpoint is at this address."""
    return make_party(client_uri=url)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> float:
    """Let a call and a budget last half a second, so that nobody waits long for a silent endpoint."""
    monkeypatch.setattr(calling, "LONGEST", 0.5)
    monkeypatch.setattr(sender, "BUDGET", 0.5)
    return 0.5
