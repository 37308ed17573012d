"""What a worker sends down to an agent: one ciphertext a capture, for a minute, fetched once (ADR 0370).

What a phone is to keep is sealed to a receiving key that the agent made for this transaction and named inside
its own sealed sample, signed by the session key that the device proof covers; what it is to compare with, to
the receiving key that it named when it enrolled (ADR 0457). The web hands it over and can open it no more
than the sample that it stored.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Protocol

from django.db import transaction as database
from django.utils.translation import gettext_lazy as _
from joserfc import jwe
from joserfc.jwk import ECKey

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.ids import b64u
from authsvc.transactions.crossing import comes_down, not_this_model
from authsvc.transactions.models import Capture, Outgoing, Transaction
from authsvc.transactions.telling import told_of

LIFE: Final = timedelta(seconds=60)
TYPE: Final = "visor-reference+jwe"
_REGISTRY: Final = jwe.JWERegistry(algorithms=["ECDH-ES", "A256GCM"], strict_check_header=False)


@dataclass(frozen=True)
class ForPhone:
    """What a phone is to keep: bundles of which reference and version, for the passkey with which id."""

    bundles: Sequence[bytes]
    reference: str
    version: int
    device: str

    def plain(self) -> dict[str, Any]:
        """Return what is sealed."""
        return {"bundles": [b64u(each) for each in self.bundles]}


@dataclass(frozen=True)
class ForComparison:
    """What a phone compares with, once: the reference as one vector of little-endian float32.

    `engine` made it, and `threshold` is the least product with the probe's that is a match.
    """

    vector: bytes = field(repr=False)
    engine: str
    threshold: float
    reference: str
    version: int
    device: str

    def plain(self) -> dict[str, Any]:
        """Return what is sealed."""
        return {"vector": b64u(self.vector), "engine": self.engine, "threshold": self.threshold}


class Content(Protocol):
    """What goes down: of which reference and version, for the passkey with which id."""

    @property
    def reference(self) -> str:
        """The reference's pseudonym."""

    @property
    def version(self) -> int:
        """Its version."""

    @property
    def device(self) -> str:
        """The passkey's credential id."""

    def plain(self) -> dict[str, Any]:
        """Return what is sealed."""


def leave(capture: Capture, content: Content, *, receiver: Mapping[str, Any]) -> None:
    """Seal the content to the agent's receiving key, a public P-256 JWK, and leave it; workers only.

    Call in the database transaction in which the verdict is recorded: without one nothing is left.
    """
    expires = now() + LIFE
    header = {
        "alg": "ECDH-ES",
        "enc": "A256GCM",
        "typ": TYPE,
        "txn": capture.transaction_id,
        "dev": content.device,
        "chl": capture.challenge["nonce"],
        "ref": content.reference,
        "ver": content.version,
        "exp": int(expires.timestamp()),
    }
    plain = json.dumps(content.plain()).encode()
    sealed = jwe.encrypt_compact(header, plain, ECKey.import_key(dict(receiver)), registry=_REGISTRY)
    Outgoing.objects.create(capture=capture, body=sealed.encode(), expires_at=expires)
    record(Tag.OUTGOING_LEFT, **told_of(capture.transaction), capture=capture.pk)


@database.atomic
def fetch(row: Transaction) -> str:
    """Return what was left for the transaction's agent, a compact JWE, and erase it: nobody gets it again.

    Raises Refused: `not-this-model` (403) where the application model sends nothing down, which is recorded
    as such; `nothing-waits` (409) where nothing was left, or it is gone or over.
    """
    if not comes_down(row):
        raise not_this_model(
            _("Nothing is kept on this device."),
            detail="the application model sends no reference down",
            status=403,
        )
    found = Outgoing.objects.filter(capture__transaction=row, expires_at__gt=now()).first()
    # Of two that read it, the one whose statement erased it has it.
    if found is None or not Outgoing.objects.filter(pk=found.pk).delete()[0]:
        raise Refused(
            "nothing-waits",
            _("Something went wrong. Please start again."),
            detail="nothing was left for the agent, or it was fetched, or it is over",
            status=409,
        )
    record(Tag.OUTGOING_FETCHED, **told_of(row), capture=found.pk)
    return bytes(found.body).decode()


def is_left(row: Transaction) -> bool:
    """Whether something waits for the transaction's agent to keep, which it has not fetched."""
    return row.kind in Transaction.LEAVING and waits(row)


def waits(row: Transaction) -> bool:
    """Whether anything waits for the transaction's agent."""
    return Outgoing.objects.filter(capture__transaction=row).exists()


def forget(row: Transaction) -> None:
    """Erase what waits for the transaction's agent."""
    if row.kind not in Transaction.WITHOUT_CAMERA:
        Outgoing.objects.filter(capture__transaction=row).delete()


def not_fetched() -> Refused:
    """Return the refusal of a result whose agent has not fetched what it is to keep."""
    return Refused(
        "not-fetched",
        _("Your device has not kept what it needs. Please start again."),
        detail="what a worker left for the agent was not fetched",
        status=409,
    )
