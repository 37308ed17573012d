"""Whose a published signing key is: the web role vouches for what it made, and publishes nothing else.

Who can write to the database, as the portal can, could otherwise publish a key of their own, and sign
tokens with it that every relying party believes (S8.3-01).
"""

import json
from contextlib import suppress

from joserfc.jwk import import_key

from authsvc.core.envelope import CannotOpen, context
from authsvc.keys.kek import TOKEN, kek
from authsvc.keys.models import SigningKey


def private_context(key: SigningKey) -> bytes:
    """Return what a key's sealed private part is bound to."""
    return context("visor/signing-key/v1", str(key.tenant_id), key.kid, key.algorithm)


def vouch(key: SigningKey) -> None:
    """Seal a key's public part, so that `is_ours` knows it again; saves nothing."""
    key.public_seal = kek(TOKEN).wrap(b"", public_context(key))


def is_ours(key: SigningKey) -> bool:
    """Tell whether the web role made this key, public part, tenant and algorithm and all."""
    if key.public_seal is None:
        return False
    with suppress(CannotOpen):
        kek(TOKEN).unwrap(bytes(key.public_seal), public_context(key))
        return True
    return False


def adopt(key: SigningKey) -> bool:
    """Give a key of a release before seals its seal, where its private part opens to its public one.

    For `manage.py seal_rows` alone. False for one that is sealed, retired or somebody else's.
    """
    if key.public_seal is not None:
        return False
    try:
        opened = kek(TOKEN).unwrap(bytes(key.sealed_private), private_context(key))
    except CannotOpen:
        return False
    own = import_key(json.loads(opened)).as_dict(private=False)
    if any(key.public_jwk.get(name) != value for name, value in own.items()):
        return False
    vouch(key)
    key.save(update_fields=["public_seal"])
    return True


def public_context(key: SigningKey) -> bytes:
    """Return what the seal of a key's public part is bound to."""
    public = json.dumps(key.public_jwk, sort_keys=True)
    return context("visor/signing-key-public/v1", str(key.tenant_id), key.kid, key.algorithm, public)
