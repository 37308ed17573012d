"""People of an estate with their words and passkeys, sealed as the product seals them."""

import random
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Final, NamedTuple

from authsvc.core.clock import now
from authsvc.core.ids import b64u
from authsvc.devices.models import Device
from authsvc.subjects.models import Subject, words_of
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import AttemptCounter
from devtools.estate.copying import Table, lines, lines_of
from devtools.estate.names import FAMILY, GIVEN

SPAN: Final = timedelta(days=90)
"""So far back an estate goes: so long the portal explains an attempt."""
TABLES: Final = (
    Table.of(Subject),
    Table("subjects_word", ("tenant_id", "subject_id", "word")),
    Table.of(Device),
    Table.of(AttemptCounter),
)
_AT_ONCE: Final = 5_000


class Some(NamedTuple):
    """People of a tenant that are made at once: which of its people they are."""

    tenant: Tenant
    numbers: range


class Entered(NamedTuple):
    """The lines of their rows, a text a table; and the ids of those who can sign in, with their passkeys'."""

    texts: list[bytes]
    known: list[tuple[str, str]]


def in_turns(tenant: Tenant, count: int) -> Iterator[Some]:
    """Yield a tenant's people, some at a time."""
    for first in range(0, count, _AT_ONCE):
        yield Some(tenant, range(first, min(first + _AT_ONCE, count)))


def entered(some: Some, *, seed: int) -> Entered:
    """Make people with a passkey each; every hundredth was only invited, every thousandth's face is off."""
    draw = random.Random(f"{seed} {some}")  # noqa: S311 - nothing secret is drawn by it
    with tenant_scope(some.tenant.pk):
        people = [_person(at, draw) for at in some.numbers]
        active = [person for person in people if person.status == Subject.Status.ACTIVE]
        devices = [_passkey(person, draw) for person in active]
        off = [AttemptCounter(subject=each, failures=10, disabled=True) for each in active[::1000]]
        words = ((some.tenant.pk, person.pk, word) for person in people for word in words_of(person))
        texts = [
            *(lines_of(Subject, people), lines(words)),
            *(lines_of(Device, devices), lines_of(AttemptCounter, off)),
        ]
    return Entered(texts, [(str(device.subject_id), device.pk) for device in devices])


def _person(at: int, draw: random.Random) -> Subject:
    given, family = draw.choice(GIVEN), draw.choice(FAMILY)
    email = f"{given}.{family}.{at}@estate.example".lower().replace(" ", "-")
    return Subject(
        name=f"{given} {family}",
        external_id=f"E{at:07}",
        claims={"name": f"{given} {family}", "email": email, "email_verified": False},
        status=Subject.Status.INVITED if at % 100 == 99 else Subject.Status.ACTIVE,
        created_at=now() - SPAN * draw.random(),
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
