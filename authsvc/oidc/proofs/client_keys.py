"""A relying party's public keys, by value or from its jwks_uri."""

import base64
from contextlib import suppress
from typing import Any

from joserfc.jwk import Key, import_key

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.clients.validation.credentials import problem_of_key
from authsvc.core.remembered import Remembered
from authsvc.oidc.proofs.remote_keys import remote_keys
from authsvc.oidc.wire.refusal import shown

# Which keys each relying party's set had, so that its owner hears of a change, and not of every reading.
_known: Remembered[str, tuple[str, ...]] = Remembered(seconds=24 * 3600, capacity=1000)


class NoClientKey(Exception):
    """The relying party has no key that fits."""


def signature_keys(client: RelyingParty, *, kid: str | None = None) -> list[Key]:
    """Return the keys that the relying party may sign with; a new kid makes its jwks_uri be read again."""
    return parse_keys(_documents(client, kid), unwanted="enc")


def encryption_key(client: RelyingParty, algorithm: str) -> tuple[str, Key]:
    """Return the key to encrypt to for a key management algorithm, and its kid or ""; raises NoClientKey."""
    wanted = "RSA" if algorithm.startswith("RSA") else "EC"
    for key in parse_keys(_documents(client, None), unwanted="sig"):
        if key.key_type == wanted:
            return key.kid or "", key
    raise NoClientKey(f"{client.client_id} has no {wanted} key for encryption")


def certificates_of(client: RelyingParty) -> list[bytes]:
    """Return the certificates (DER) of the relying party's key set, the first of each key's x5c."""
    found = []
    for document in _documents(client, None):
        chain = document.get("x5c")
        if isinstance(chain, list) and chain and isinstance(chain[0], str):
            with suppress(ValueError):
                found.append(base64.b64decode(chain[0]))
    return found


def _documents(client: RelyingParty, kid: str | None) -> list[dict[str, Any]]:
    if not client.jwks_uri:
        return client.inline_keys()
    keys = remote_keys(client.jwks_uri, kid=kid)
    _note_read(client, keys)
    return keys


def _note_read(client: RelyingParty, keys: list[dict[str, Any]]) -> None:
    """Write down which keys a set has, where this process has not seen the very same ones lately."""
    kids = tuple(sorted(shown(key.get("kid", ""))[:80] for key in keys))
    if _known.get(client.pk) != kids:
        _known.keep(client.pk, kids)
        record(Tag.CLIENT_KEYS_READ, client=client.client_id, kids=list(kids[:20]), address=client.jwks_uri)


def parse_keys(documents: list[dict[str, Any]], *, unwanted: str) -> list[Key]:
    """Return the keys that may be used, without those whose `use` is the unwanted one."""
    return [
        import_key(document)
        for document in documents
        if problem_of_key(document) is None and document.get("use") != unwanted
    ]
