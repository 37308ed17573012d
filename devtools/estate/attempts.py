"""Attempts of an estate that are over, with the events that real ones have, by their writer's MAC.

Events are in no log yet: the process of scheduled work takes them in, as it does with its own.
"""

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from authsvc.assurance.evidence import Agent, PasskeyProof, Proven
from authsvc.audit.leaves import leaf_of, moment_of
from authsvc.audit.tags import Tag
from authsvc.audit.writers import Writer, own_writer
from authsvc.core.ids import new_id
from authsvc.tenancy.models import Tenant
from devtools.estate.copying import Row, Table, lines
from devtools.estate.people import SPAN

TABLES: Final = (
    Table(
        "transactions_transaction",
        (
            *("id", "tenant_id", "kind", "state", "client_id", "request", "subject_id", "browser_digest"),
            *("evidence", "face_closed", "continue_path", "created_at", "expires_at", "decided_at"),
            *("ended_at", "refused_for", "level"),
        ),
    ),
    Table(
        "transactions_capture",
        (
            *("id", "tenant_id", "transaction_id", "number", "state", "challenge", "issued_at"),
            *("expires_at", "submitted_at", "sample_digest", "charged", "verdict", "reason", "hint"),
            "decided_at",
        ),
    ),
    Table(
        "audit_auditevent",
        (
            *("tenant_id", "at", "tag", "actor", "transaction", "client", "subject", "reason", "details"),
            *("salt", "mac", "sequence", "previous", "digest"),
        ),
    ),
)
_KINDS: Final = ("authenticate", "enrol", "bind", "own-page", "renew")
_WEIGHTS: Final = (94, 3, 1, 1, 1)
_REASONS: Final = (
    "non-match",
    "presentation-attack",
    "pad-inconclusive",
    "injection",
    "deadline",
    "passkey-refused",
)
_SALT: Final = 16
_AT_ONCE: Final = 10_000
_PROVEN: Final = Proven(
    PasskeyProof("", "hwk", user_verified=True, attested=True, share_kind="prf"), Agent("browser", "1")
).to_json()
"""What is proven by a passkey; by which and when is said of each attempt."""


@dataclass
class Part:
    """What a tenant of the estate has; people with their passkeys' ids, parties with their client ids."""

    tenant: Tenant
    people: list[tuple[str, str]] = field(default_factory=list)
    parties: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = str(self.tenant.pk)


class Attempt(NamedTuple):
    """An attempt that is over; `refused_for` and `level` are as its row has them."""

    part: Part
    id: str
    kind: str
    at: datetime
    subject: str
    device: str
    party: tuple[str, str] | None
    state: str
    refused_for: str
    level: str


@dataclass(frozen=True)
class Course:
    """All attempts in the order of their time: whose each one is, when they begin, how many events they have.

    It is a number of events for all of them, of which each has as many as any other, or one more.
    """

    whose: Sequence[Part]
    begins: datetime
    events: int
    seed: int

    def in_turns(self) -> Iterator[range]:
        """Yield the numbers of attempts, some at a time."""
        for first in range(0, len(self.whose), _AT_ONCE):
            yield range(first, min(first + _AT_ONCE, len(self.whose)))

    def made(self, numbers: range) -> list[bytes]:
        """Make these attempts, with their captures and events: of each table the lines of its rows."""
        attempts = list(self._drawn(numbers))
        each, more = divmod(self.events, len(self.whose))
        writer = own_writer()
        events = (
            event
            for number, attempt in zip(numbers, attempts, strict=True)
            for event in _events(writer, attempt, each + (number < more))
        )
        captures = (_capture_row(attempt) for attempt in attempts if attempt.refused_for)
        return [lines(map(_attempt_row, attempts)), lines(captures), lines(events)]

    def _drawn(self, numbers: range) -> Iterator[Attempt]:
        draw = random.Random(f"{self.seed} {numbers}")  # noqa: S311 - nothing secret is drawn by it
        step = SPAN / (len(self.whose) + 1)
        for number, kind in zip(numbers, draw.choices(_KINDS, _WEIGHTS, k=len(numbers)), strict=True):
            yield _drawn(draw, self.whose[number], kind, self.begins + (number + 1) * step)


def _drawn(draw: random.Random, part: Part, kind: str, at: datetime) -> Attempt:
    subject, device = draw.choice(part.people)
    ends = draw.random()
    signs_in = kind == "authenticate"
    state = "consumed" if ends < 0.9 else draw.choice(("cancelled", "expired"))
    refused = draw.choice(_REASONS) if 0.9 <= ends < 0.97 or ends < 0.02 else ""
    party = draw.choice(part.parties) if signs_in else None
    level = draw.choice(("L1", "L2", "L2")) if signs_in and state == "consumed" else ""
    return Attempt(part, new_id(), kind, at, subject, device, party, state, refused, level)


def _attempt_row(attempt: Attempt) -> Row:
    accepted = attempt.state == "consumed"
    over = attempt.at + timedelta(seconds=20)
    passkey = {**_PROVEN["passkey"], "device": attempt.device} if accepted else None
    return [
        *(attempt.id, attempt.part.id, attempt.kind, attempt.state),
        *(attempt.party and attempt.party[0], {}, attempt.subject, "0" * 64),
        *({**_PROVEN, "passkey": passkey, "at": attempt.at.isoformat()}, False),
        *(f"/t/{attempt.part.tenant.slug}/done/{attempt.id}", attempt.at),
        *(attempt.at + timedelta(seconds=300), over if accepted else None, over),
        *(attempt.refused_for, attempt.level),
    ]


def _capture_row(attempt: Attempt) -> Row:
    at = attempt.at + timedelta(seconds=8)
    challenge = {"nonce": "n", "steps": [{"cue": "centre", "ms": 0}]}
    return [
        *(new_id(), attempt.part.id, attempt.id, 1, "refused", challenge, attempt.at),
        *(attempt.at + timedelta(seconds=60), at, "", False, "", attempt.refused_for, "", at),
    ]


def _events(writer: Writer, attempt: Attempt, count: int) -> Iterator[Row]:
    """Yield the events of an attempt in the order of their time, a second apart."""
    tenant, salts = attempt.part.id, os.urandom(_SALT * count)
    client = attempt.party[1] if attempt.party else ""
    for number, (tag, reason, details) in enumerate(_said(attempt, count)):
        said: dict[str, Any] = {
            "at": moment_of(attempt.at + timedelta(seconds=number)),
            "tag": tag,
            "actor": "",
            "transaction": attempt.id,
            "client": client,
            "subject": attempt.subject,
            "reason": reason,
            "details": details,
        }
        salt = salts[_SALT * number :][:_SALT]
        mac = writer.mac(tenant, leaf_of(said, salt=salt, writer=writer.name))
        yield [tenant, *said.values(), salt, mac, 0, "", ""]


def _said(attempt: Attempt, count: int) -> list[tuple[str, str, dict[str, Any]]]:
    """Return what is said of an attempt, so many times: tokens go on being asked for where there are more."""
    issued: tuple[str, str, dict[str, Any]] = (Tag.TOKEN_ISSUED.value, "", {})
    told: list[tuple[str, str, dict[str, Any]]] = [(Tag.TRANSACTION_OPENED.value, "", {"kind": attempt.kind})]
    if attempt.refused_for:
        told.append((Tag.VERDICT_RECORDED.value, attempt.refused_for, {"outcome": "refused"}))
    if attempt.state == "consumed":
        device = {"device": attempt.device, "kind": "hwk", "user_verified": True}
        told += [(Tag.DEVICE_PROVEN.value, "", device), (Tag.TRANSACTION_CONSUMED.value, "", {})]
        told += [(Tag.CODE_ISSUED.value, "", {"acr": "L2", "amr": ["hwk"]}), issued]
    elif attempt.state == "expired":
        told.append((Tag.TRANSACTION_EXPIRED.value, "", {}))
    else:
        told.append((Tag.TRANSACTION_CANCELLED.value, "", {}))
    return [*told, *[issued] * (count - len(told))][:count]
