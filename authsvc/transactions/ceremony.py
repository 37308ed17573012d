"""The WebAuthn ceremony that is open in a transaction, and the passkey that a binding made by one."""

from typing import Any

from django.db import transaction as database

from authsvc.core.errors import Refused
from authsvc.devices.models import Device
from authsvc.transactions.models import Transaction


def remember_ceremony(row: Transaction, ceremony: str, state: dict[str, Any]) -> None:
    """Keep what the next answer must match; it replaces what was kept before."""
    _keep(row, {"ceremony": ceremony, **state})


@database.atomic
def take_ceremony(row: Transaction, ceremony: str) -> dict[str, Any]:
    """Return what was kept, once: a WebAuthn challenge answers for one try only.

    Raises Refused where none was asked for, or another kind of ceremony was.
    """
    current = Transaction.objects.select_for_update(no_key=True).get(pk=row.pk)
    state, current.webauthn_state = current.webauthn_state, None
    current.save(update_fields=["webauthn_state"])
    if not state or state.get("ceremony") != ceremony:
        raise Refused(
            "no-passkey-challenge",
            "Please start again with your passkey.",
            detail=f"no open {ceremony} ceremony",
            status=409,
        )
    return dict(state)


def remember_bound(row: Transaction, device: Device) -> None:
    """Keep which passkey a binding made."""
    _keep(row, {"bound": device.id})


def bound_device(row: Transaction) -> Device | None:
    """Return the passkey that a binding made, or None where it made none."""
    return Device.objects.filter(pk=(row.webauthn_state or {}).get("bound")).first()


def _keep(row: Transaction, state: dict[str, Any]) -> None:
    row.webauthn_state = state
    row.save(update_fields=["webauthn_state"])
