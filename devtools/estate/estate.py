"""Making an estate: people and passkeys sealed as the product seals them, events with their writer's MAC.

Attempts are spread over three months, so long as the portal explains one, and each has the events that a real
one has. Events are in no log yet: the process of scheduled work takes them in, as it does with its own.
"""

import os
import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from authsvc.assurance.evidence import Agent, PasskeyProof, Proven
from authsvc.audit.leaves import leaf_of, moment_of
from authsvc.audit.tags import Tag
from authsvc.audit.writers import Writer, own_writer
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.ids import b64u, new_id
from authsvc.devices.models import Device
from authsvc.subjects.models import Subject, words_of
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import every_tenant_scope, tenant_scope
from authsvc.transactions.models import AttemptCounter
from devtools.estate.copying import analyse, copy, copy_models
from devtools.estate.names import FAMILY, GIVEN, PARTIES
from devtools.estate.sizes import Sizes

SLUG: Final = "estate"
_SPAN: Final = timedelta(days=90)
_KINDS: Final = (("authenticate", 94), ("enrol", 3), ("bind", 1), ("own-page", 1), ("renew", 1))
_REASONS: Final = (
    "non-match",
    "presentation-attack",
    "pad-inconclusive",
    "injection",
    "deadline",
    "passkey-refused",
)
_ATTEMPT: Final = (
    *("id", "tenant_id", "kind", "state", "client_id", "request", "subject_id", "browser_digest"),
    *("evidence", "face_closed", "continue_path", "created_at", "expires_at", "decided_at", "ended_at"),
    *("refused_for", "level"),
)
_CAPTURE: Final = (
    *("id", "tenant_id", "transaction_id", "number", "state", "challenge", "issued_at", "expires_at"),
    *("submitted_at", "sample_digest", "charged", "verdict", "reason", "hint", "decided_at"),
)
_EVENT: Final = (
    *("tenant_id", "at", "tag", "actor", "transaction", "client", "subject", "reason", "details"),
    *("salt", "mac", "sequence", "previous", "digest"),
)
_TABLES: Final = (
    *("subjects_subject", "subjects_word", "subjects_device", "clients_relyingparty"),
    *("transactions_transaction", "transactions_capture", "transactions_attemptcounter", "audit_auditevent"),
)


@dataclass
class Part:
    """What a tenant of the estate has; people with their passkeys' ids, parties with their client ids."""

    tenant: Tenant
    people: list[tuple[str, str]] = field(default_factory=list)
    parties: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = str(self.tenant.pk)


@dataclass(frozen=True)
class Attempt:
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


def build(sizes: Sizes, *, say: Callable[[str], object], seed: int = 15) -> list[Tenant]:
    """Make an estate, and return its tenants, the largest first; `say` is told how far it is."""
    draw = random.Random(seed)  # noqa: S311 - nothing secret is drawn by it
    parts = _tenants(sizes)
    for part, parties, people in zip(
        parts, sizes.parts(sizes.parties), sizes.parts(sizes.people), strict=True
    ):
        with tenant_scope(part.tenant.pk):
            _register(part, parties, draw)
            _enter(part, people, draw)
    say(f"{sizes.tenants} tenants, {sizes.parties} relying parties, {sizes.people} people")
    with every_tenant_scope():
        attempts = list(_attempts(parts, sizes, draw))
        copy("transactions_transaction", _ATTEMPT, map(_attempt_row, attempts))
        copy("transactions_capture", _CAPTURE, (_capture_row(each) for each in attempts if each.refused_for))
        say(f"{sizes.attempts} attempts")
        copy("audit_auditevent", _EVENT, _events(attempts, sizes.events))
        say(f"{sizes.events} events")
    analyse(_TABLES)
    return [part.tenant for part in parts]


def _tenants(sizes: Sizes) -> list[Part]:
    named = [Tenant(slug=f"{SLUG}-{at:03}", name=f"Estate {at:03}") for at in range(sizes.tenants)]
    return [Part(tenant) for tenant in Tenant.objects.bulk_create(named)]


def _register(part: Part, count: int, draw: random.Random) -> None:
    made = [
        RelyingParty(
            name=f"{draw.choice(PARTIES)} {at:04}",
            redirect_uris=[f"https://party{at}.example/callback"],
            scopes=["openid"],
            created_at=now() - _SPAN,
        )
        for at in range(count)
    ]
    copy_models(RelyingParty, made)
    part.parties = [(party.pk, party.client_id) for party in made]


def _enter(part: Part, count: int, draw: random.Random) -> None:
    """Enter people with a passkey each; every hundredth was only invited, every thousandth's face is off."""
    people = [_person(at, draw) for at in range(count)]
    active = [person for person in people if person.status == Subject.Status.ACTIVE]
    devices = [_passkey(person, draw) for person in active]
    copy_models(Subject, people)
    tenant = part.tenant.pk
    words = ((tenant, person.pk, word) for person in people for word in words_of(person))
    copy("subjects_word", ("tenant_id", "subject_id", "word"), words)
    copy_models(Device, devices)
    copy_models(
        AttemptCounter, [AttemptCounter(subject=each, failures=10, disabled=True) for each in active[::1000]]
    )
    part.people = [(str(device.subject_id), device.pk) for device in devices]


def _person(at: int, draw: random.Random) -> Subject:
    given, family = draw.choice(GIVEN), draw.choice(FAMILY)
    email = f"{given}.{family}.{at}@estate.example".lower().replace(" ", "-")
    return Subject(
        name=f"{given} {family}",
        external_id=f"E{at:07}",
        claims={"name": f"{given} {family}", "email": email, "email_verified": False},
        status=Subject.Status.INVITED if at % 100 == 99 else Subject.Status.ACTIVE,
        created_at=now() - _SPAN * draw.random(),
    )


def _passkey(person: Subject, draw: random.Random) -> Device:
    return Device(
        subject=person,
        credential_id=b64u(secrets.token_bytes(32)),
        public_key=b"cose",
        attested=draw.random() < 0.3,
        share_kind="prf",
        created_at=person.created_at,
    )


def _attempts(parts: list[Part], sizes: Sizes, draw: random.Random) -> Iterator[Attempt]:
    """Yield attempts in the order of their time."""
    of = [part for part, count in zip(parts, sizes.parts(sizes.attempts), strict=True) for _ in range(count)]
    draw.shuffle(of)
    kinds, weights = [kind for kind, _ in _KINDS], [weight for _, weight in _KINDS]
    begins, step = now() - _SPAN, _SPAN / (len(of) + 1)
    for number, (part, kind) in enumerate(zip(of, draw.choices(kinds, weights, k=len(of)), strict=True), 1):
        subject, device = draw.choice(part.people)
        ends = draw.random()
        signs_in = kind == "authenticate"
        state = "consumed" if ends < 0.9 else draw.choice(("cancelled", "expired"))
        refused = draw.choice(_REASONS) if 0.9 <= ends < 0.97 or ends < 0.02 else ""
        yield Attempt(
            part,
            new_id(),
            kind,
            begins + number * step,
            subject,
            device,
            draw.choice(part.parties) if signs_in else None,
            state,
            refused,
            draw.choice(("L1", "L2", "L2")) if signs_in and state == "consumed" else "",
        )


def _attempt_row(attempt: Attempt) -> list[Any]:
    accepted = attempt.state == "consumed"
    over = attempt.at + timedelta(seconds=20)
    proof = PasskeyProof(attempt.device, "hwk", user_verified=True, attested=True, share_kind="prf")
    proven = Proven(proof if accepted else None, Agent("browser", "1"), at=attempt.at.isoformat())
    return [
        *(attempt.id, attempt.part.tenant.pk, attempt.kind, attempt.state),
        *(attempt.party and attempt.party[0], {}, attempt.subject, "0" * 64, proven.to_json(), False),
        *(
            f"/t/{attempt.part.tenant.slug}/done/{attempt.id}",
            attempt.at,
            attempt.at + timedelta(seconds=300),
        ),
        *(over if accepted else None, over, attempt.refused_for, attempt.level),
    ]


def _capture_row(attempt: Attempt) -> list[Any]:
    at = attempt.at + timedelta(seconds=8)
    challenge = {"nonce": "n", "steps": [{"cue": "centre", "ms": 0}]}
    return [
        *(new_id(), attempt.part.tenant.pk, attempt.id, 1, "refused", challenge, attempt.at),
        *(attempt.at + timedelta(seconds=60), at, "", False, "", attempt.refused_for, "", at),
    ]


def _events(attempts: list[Attempt], count: int) -> Iterator[list[Any]]:
    """Yield so many events in the order of their time, the same number of each attempt, or one more."""
    writer = own_writer()
    each, more = divmod(count, len(attempts))
    for number, attempt in enumerate(attempts):
        for seconds, (tag, reason, details) in enumerate(_said(attempt, each + (number < more))):
            yield _event(writer, attempt, attempt.at + timedelta(seconds=seconds), tag, reason, details)


def _said(attempt: Attempt, count: int) -> list[tuple[Tag, str, dict[str, Any]]]:
    """Return what is said of an attempt, so many times: tokens go on being asked for where there are more."""
    device = {"device": attempt.device, "kind": "hwk", "user_verified": True}
    told: list[tuple[Tag, str, dict[str, Any]]] = [(Tag.TRANSACTION_OPENED, "", {"kind": attempt.kind})]
    if attempt.refused_for:
        told.append((Tag.VERDICT_RECORDED, attempt.refused_for, {"outcome": "refused"}))
    if attempt.state == "consumed":
        told += [(Tag.DEVICE_PROVEN, "", device), (Tag.TRANSACTION_CONSUMED, "", {})]
        told += [(Tag.CODE_ISSUED, "", {"acr": "L2", "amr": ["hwk"]}), (Tag.TOKEN_ISSUED, "", {})]
    elif attempt.state == "expired":
        told.append((Tag.TRANSACTION_EXPIRED, "", {}))
    else:
        told.append((Tag.TRANSACTION_CANCELLED, "", {}))
    return [*told, *((Tag.TOKEN_ISSUED, "", {}) for _ in range(count - len(told)))][:count]


def _event(
    writer: Writer, attempt: Attempt, at: datetime, tag: Tag, reason: str, details: dict[str, Any]
) -> list[Any]:
    tenant, salt = attempt.part.id, os.urandom(16)
    said = {
        "at": moment_of(at),
        "tag": tag.value,
        "actor": "",
        "transaction": attempt.id,
        "client": attempt.party[1] if attempt.party else "",
        "subject": attempt.subject,
        "reason": reason,
        "details": details,
    }
    mac = writer.mac(tenant, leaf_of(said, salt=salt, writer=writer.name))
    return [tenant, *said.values(), salt, mac, 0, "", ""]
