"""A message to one browser: sealed so that its push service cannot read it (RFC 8291), and its headers."""

import json
from datetime import timedelta
from typing import Final

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils.translation import gettext as _

from authsvc.core.ids import secret_hash, unb64u
from authsvc.reach.keys import sender
from authsvc.reach.subscriptions import Address

_TOPIC: Final = 32
"""Characters of a topic at most (RFC 8030 section 5.4)."""


def words() -> dict[str, str]:
    """Return what is told: that somebody asks, and neither who nor whom nor for what."""
    return {
        "title": _("Somebody asks you to sign in"),
        "text": _("Tap to see who it is. If you did not start it, refuse."),
    }


def sealed_message(address: Address) -> bytes:
    """Return the message as only the browser of the address can open it (RFC 8188, aes128gcm)."""
    body: bytes = http_ece.encrypt(
        json.dumps(words()).encode(),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=unb64u(address.key),
        auth_secret=unb64u(address.secret),
        version="aes128gcm",
    )
    return body


def headers(address: Address, *, about: str, life: timedelta) -> dict[str, str]:
    """Return a message's headers: who sends it, and that it is urgent and of no use after its life.

    Messages about the same take one another's place while the browser cannot be reached.
    """
    return {
        "Authorization": sender().authorization(address.endpoint),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(max(int(life.total_seconds()), 0)),
        "Topic": secret_hash(about)[:_TOPIC],
        "Urgency": "high",
    }
