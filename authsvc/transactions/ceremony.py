"""The WebAuthn ceremony that is open in a transaction, and the passkey that a binding made by one."""

from django.db import transaction as database
from django.utils.translation import gettext_lazy as _

from authsvc.core.errors import Refused
from authsvc.core.records import read_stored
from authsvc.devices.models import Device
from authsvc.transactions.models import Transaction
from authsvc.transactions.parties import renew_key
from authsvc.transactions.records import Bound, Ceremony, CeremonyKind


def remember_ceremony(row: Transaction, ceremony: Ceremony) -> None:
    """Keep what the next answer must match; it replaces what was kept before."""
    _keep(row, ceremony)


def open_ceremony(row: Transaction) -> CeremonyKind | None:
    """Return which ceremony is open, None where none is."""
    kept = row.webauthn_state or {}
    return read_stored(Ceremony, kept).ceremony if "ceremony" in kept else None


def take_ceremony(row: Transaction, kind: CeremonyKind) -> Ceremony:
    """Return what was kept when the row was read, once: a WebAuthn challenge answers for one try only.

    Raises Refused where none was asked for, another kind of ceremony was, or somebody was faster.
    """
    kept = row.webauthn_state
    same = Transaction.objects.filter(pk=row.pk, webauthn_state=kept)
    if not kept or not same.update(webauthn_state=None) or kept.get("ceremony") != kind:
        raise Refused(
            "no-passkey-challenge",
            _("Please start again with your passkey."),
            detail=f"no open {kind} ceremony",
            status=409,
        )
    return read_stored(Ceremony, kept)


@database.atomic
def remember_bound(row: Transaction, device: Device, *, browser_key: str) -> None:
    """Keep which passkey a binding made; the browser with the key alone may go on with it."""
    _keep(row, Bound(device.id))
    renew_key(row, browser_key)


def bound_device(row: Transaction) -> Device | None:
    """Return the passkey that a binding made, or None where it made none."""
    kept = row.webauthn_state or {}
    return Device.objects.filter(pk=read_stored(Bound, kept).bound).first() if "bound" in kept else None


def _keep(row: Transaction, state: Ceremony | Bound) -> None:
    row.webauthn_state = state.to_json()
    row.save(update_fields=["webauthn_state"])
