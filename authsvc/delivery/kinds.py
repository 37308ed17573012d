"""The kinds of delivery: what is sent, how the answer is read, and when it is tried again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from authsvc.branding.mails import Dress
from authsvc.delivery.models import Delivery


@dataclass(frozen=True)
class Call:
    """One HTTP request. No redirect is followed.

    The host of a relying party is called by one at a time; one that serves everybody is not (`shared`). What
    stands in the address may be a secret.
    """

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    method: str = "POST"
    shared: bool = False

    @property
    def alone_at(self) -> str:
        """The host that nothing else may be sent to meanwhile, "" for none."""
        return "" if self.shared else urlsplit(self.url).netloc


@dataclass(frozen=True)
class Letter:
    """One mail to one person, in plain text and, where it is `dressed`, in its tenant's look."""

    address: str = field(repr=False)
    title: str
    text: str
    dressed: Dress | None = None

    alone_at = ""


@dataclass(frozen=True)
class Errand:
    """Several calls that belong together. `run` makes them, asks no database, and ends within seconds.

    It returns a status, by which the kind tells whether it arrived, and what to say of it.
    """

    run: Callable[[], tuple[int, str]] = field(repr=False)
    alone_at: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a delivery: whether it arrived, and what was answered, or why nothing was.

    `status` is that of the answer, None where there was none.
    """

    arrived: bool
    said: str
    status: int | None = None


def _never(_status: int) -> bool:
    return False


@dataclass(frozen=True)
class Kind:
    """One kind of delivery. All three functions run in the scope of the delivery's tenant.

    `make` returns the call, the letter or the errand, made only when it is sent because signed tokens live
    briefly; None where by then there is nothing to tell. `arrived` reads the status of the answer, `hopeless`
    says after which no further try makes sense; its body is ignored, and a letter that was taken answers as
    SMTP, 250.
    `settled` is told the end, arrived or given up, in the transaction that notes it. `waits` are
    the times from each try to the next; without any, it is called once, whatever it answers.
    """

    name: str
    make: Callable[[Delivery], Call | Letter | Errand | None]
    arrived: Callable[[int], bool]
    settled: Callable[[Delivery, Outcome], None]
    waits: tuple[timedelta, ...] = ()
    hopeless: Callable[[int], bool] = _never


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
