"""The kinds of delivery: what is sent, how the answer is read, and when it is tried again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from authsvc.delivery.models import Delivery


@dataclass(frozen=True)
class Call:
    """One HTTP request to an address that a relying party registered. No redirect is followed."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    method: str = "POST"


@dataclass(frozen=True)
class Outcome:
    """What became of a delivery: whether it arrived, and what was answered, or why nothing was."""

    arrived: bool
    said: str


@dataclass(frozen=True)
class Kind:
    """One kind of delivery. All three functions run in the scope of the delivery's tenant.

    `make` returns the call, made only when it is sent because signed tokens live briefly; None where by then
    there is nothing to tell. `arrived` reads the status of the answer; its body is ignored.
    `settled` is told the end, arrived or given up, in the transaction that notes it. `waits` are
    the times from each try to the next; without any, it is called once, whatever it answers.
    """

    name: str
    make: Callable[[Delivery], Call | None]
    arrived: Callable[[int], bool]
    settled: Callable[[Delivery, Outcome], None]
    waits: tuple[timedelta, ...] = ()


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Let deliveries of a kind be sent, and return it; raises ValueError where its name is taken."""
    if kind.name in _kinds:
        raise ValueError(f"there are two kinds of delivery named {kind.name}")
    _kinds[kind.name] = kind
    return kind


def kind_names() -> list[str]:
    """Return the names of the kinds that this process can send."""
    return list(_kinds)


def kind_of(delivery: Delivery) -> Kind:
    """Return the kind of a delivery; raises KeyError for one that this process cannot send."""
    return _kinds[delivery.kind]
