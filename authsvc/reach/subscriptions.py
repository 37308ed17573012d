"""The browsers of a person that take pushes: kept sealed, listed, and forgotten."""

import json
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.envelope import context
from authsvc.core.errors import Refused
from authsvc.core.ids import new_id, secret_hash, unb64u
from authsvc.devices.models import Device
from authsvc.keys.kek import TOKEN, kek
from authsvc.reach.addresses import service_of
from authsvc.reach.models import Preference, Subscription
from authsvc.subjects.models import Subject

MOST: Final = 10
"""So many browsers of one person at most; the oldest goes for a further one."""
_SECRET_BYTES: Final = 16


@dataclass(frozen=True)
class Address:
    """What a browser gave: where its push service takes messages for it, and what they are sealed to.

    `key` is a point of P-256 and `secret` 16 bytes (RFC 8291 section 2), base64url both.
    """

    endpoint: str = field(repr=False)
    key: str = field(repr=False)
    secret: str = field(repr=False)


class NotAnAddress(Refused):
    """What came is no address of a push service that this installation knows, or its keys are none."""

    def __init__(self, detail: str) -> None:
        text = _("This browser cannot be told. Please use another one, or mail.")
        super().__init__("not-a-push-address", text, detail=detail, status=422)


def check(address: Address) -> str:
    """Return the host of the push service; raises NotAnAddress."""
    try:
        host = service_of(address.endpoint)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64u(address.key))
        if len(unb64u(address.secret)) != _SECRET_BYTES:
            raise ValueError("the secret has another length")
    except ValueError as problem:
        raise NotAnAddress(str(problem)) from None
    return host


@transaction.atomic
def subscribe(device: Device, address: Address, *, actor: str = "") -> Subscription:
    """Keep that a person's device takes pushes, and return the row; raises NotAnAddress.

    A browser is one person's at a time: whoever subscribed it before is told there no more.
    """
    host, digest, identifier = check(address), secret_hash(address.endpoint), new_id()
    Subscription.objects.filter(digest=digest).delete()
    made = Subscription.objects.create(
        id=identifier,
        subject=device.subject,
        device=device,
        digest=digest,
        service=host,
        sealed=_seal(identifier, device.subject, address),
        created_at=now(),
    )
    for old in Subscription.objects.filter(subject=device.subject).order_by("-created_at", "-pk")[MOST:]:
        old.delete()
    record(Tag.PUSH_ADDED, actor=actor, subject=str(device.subject_id), device=device.pk, service=host)
    return made


def subscriptions_of(subject: Subject) -> QuerySet[Subscription]:
    """Return a person's subscriptions that count, oldest first: those of devices that still sign in."""
    rows = Subscription.objects.filter(subject=subject, device__status=Device.Status.ACTIVE)
    return rows.select_related("device", "subject").order_by("created_at", "pk")


def address_of(row: Subscription) -> Address:
    """Return the address of a subscription; raises CannotOpen where the row is not as it was stored."""
    opened = kek(TOKEN).unwrap(bytes(row.sealed), sealed_context(row))
    return Address(**json.loads(opened))


@transaction.atomic
def unsubscribe(row: Subscription, *, reason: str, actor: str = "") -> bool:
    """Forget a subscription; False where it was gone already."""
    if not Subscription.objects.filter(pk=row.pk).delete()[0]:
        return False
    record(
        Tag.PUSH_REMOVED,
        actor=actor,
        subject=str(row.subject_id),
        device=row.device_id,
        reason=reason,
        service=row.service,
    )
    return True


def forget_device(device: Device, *, actor: str = "") -> None:
    """Forget where a device takes pushes that signs in no more."""
    for row in Subscription.objects.filter(device=device):
        unsubscribe(row, reason="device-revoked", actor=actor)


def forget_person(subject: Subject) -> None:
    """Forget every way to a person, and how they wanted to be told."""
    Subscription.objects.filter(subject=subject).delete()
    Preference.objects.filter(subject=subject).delete()


def sealed_context(row: Subscription) -> bytes:
    """Return what a sealed address is bound to: its row and its person."""
    return _context(row.pk, str(row.subject_id))


def _seal(identifier: str, subject: Subject, address: Address) -> bytes:
    return kek(TOKEN).wrap(json.dumps(vars(address)).encode(), _context(identifier, str(subject.pk)))


def _context(identifier: str, subject: str) -> bytes:
    return context("visor/push-address/v1", identifier, subject)
