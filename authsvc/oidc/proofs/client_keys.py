"""A relying party's public keys, by value or from its jwks_uri."""

import base64
from contextlib import suppress
from typing import Any

from joserfc.jwk import Key, import_key

from authsvc.clients.models import RelyingParty
from authsvc.clients.validation.credentials import problem_of_key
from authsvc.oidc.proofs.remote_keys import remote_keys


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
    if client.jwks_uri:
        return remote_keys(client.jwks_uri, kid=kid)
    return client.inline_keys()


def parse_keys(documents: list[dict[str, Any]], *, unwanted: str) -> list[Key]:
    """Return the keys that may be used, without those whose `use` is the unwanted one."""
    return [
        import_key(document)
        for document in documents
        if problem_of_key(document) is None and document.get("use") != unwanted
    ]
