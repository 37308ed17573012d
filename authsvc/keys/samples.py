"""Keys that agents seal their samples to (S9.5-02): made and opened by workers, offered by the web tier."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from joserfc.jwk import ECKey

from authsvc.core.clock import now
from authsvc.core.envelope import CannotOpen, context, seal, unseal
from authsvc.core.ids import b64u, new_id, unb64u
from authsvc.keys.models import SampleKey

OFFERED = timedelta(hours=1)
# A sample may arrive until its challenge ends, and must have a verdict five minutes later at most.
KEPT_AFTER = timedelta(minutes=8)


class CannotUnseal(Exception):
    """The sample key is unknown, destroyed, or not ours."""


@dataclass(frozen=True)
class OfferedKey:
    """A sample key as an agent gets it: `key` is a public P-256 JWK, `signature` the worker's."""

    kid: str
    key: dict[str, str]
    signature: str


def _signed_bytes(kid: str, public_jwk: dict[str, Any]) -> bytes:
    return (
        b"visor/sample-key/v1\x00" + kid.encode() + b"\x00" + json.dumps(public_jwk, sort_keys=True).encode()
    )


def current_sample_key() -> OfferedKey | None:
    """Return the key to seal samples to now, or None where no worker has published one.

    A row whose signature is not the worker's is not offered: whoever can write to the database cannot
    make agents seal faces to a key of their own.
    """
    row = SampleKey.objects.filter(offered_until__gt=now()).order_by("-created_at").first()
    if row is None:
        return None
    public = Ed25519PublicKey.from_public_bytes(settings.SECRETS["verdict_public_key"])
    try:
        public.verify(unb64u(row.signature), _signed_bytes(row.kid, row.public_jwk))
    except (InvalidSignature, ValueError):
        return None
    return OfferedKey(row.kid, row.public_jwk, row.signature)


def ensure_sample_key(*, at_least: timedelta = timedelta(minutes=20)) -> OfferedKey:
    """Return a key that is offered for `at_least` longer, making one where there is none; workers only."""
    current = SampleKey.objects.filter(offered_until__gt=now() + at_least).order_by("-created_at").first()
    if current is not None:
        return OfferedKey(current.kid, current.public_jwk, current.signature)
    kid, pair, moment = new_id(), ECKey.generate_key("P-256", private=True), now()
    public = {
        name: str(value)
        for name, value in pair.as_dict(private=False).items()
        if name in {"kty", "crv", "x", "y"}
    }
    signer = Ed25519PrivateKey.from_private_bytes(settings.SECRETS["verdict_private_key"])
    signature = b64u(signer.sign(_signed_bytes(kid, public)))
    SampleKey.objects.create(
        kid=kid,
        public_jwk=public,
        signature=signature,
        sealed_private=seal(
            settings.SECRETS["vault_kek"],
            json.dumps(pair.as_dict(private=True)).encode(),
            context("sample-key", kid),
        ),
        created_at=moment,
        offered_until=moment + OFFERED,
        destroyed_at=moment + OFFERED + KEPT_AFTER,
    )
    return OfferedKey(kid, public, signature)


def open_sample_key(kid: str) -> ECKey:
    """Return the private key of this id; workers only. Raises CannotUnseal."""
    row = SampleKey.objects.filter(kid=kid, destroyed_at__gt=now()).first()
    if row is None:
        raise CannotUnseal("no such sample key")
    try:
        private = unseal(settings.SECRETS["vault_kek"], bytes(row.sealed_private), context("sample-key", kid))
    except CannotOpen:
        raise CannotUnseal("the sample key cannot be opened") from None
    return ECKey.import_key(json.loads(private))


def destroy_old_sample_keys() -> int:
    """Delete keys past their life, with which every sample sealed to them is gone; returns how many."""
    return SampleKey.objects.filter(destroyed_at__lte=now()).delete()[0]
