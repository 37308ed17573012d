"""Who passkeys are made for and shown to: the tenant, by its RP ID and exact origin."""

import hashlib
from functools import cache
from typing import Any
from uuid import UUID

from fido2 import utils
from fido2.server import Fido2Server
from fido2.webauthn import (
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
)

from authsvc.core.ids import b64u, unb64u
from authsvc.hosts.places import place_of
from authsvc.tenancy.models import Tenant

CEREMONY_MS = 120_000

# The library works the types of its records out anew for each one, by compiling their names: thirteen times
# for the options of one passkey.
utils.get_type_hints = cache(utils.get_type_hints)  # type: ignore[attr-defined,assignment]


def relying_party(tenant_id: UUID) -> Fido2Server:
    """Return the WebAuthn relying party of a tenant: its RP ID, and exactly the origin where it lives."""
    place = place_of(tenant_id)
    server = Fido2Server(
        PublicKeyCredentialRpEntity(name="Visor", id=place.rp_id),
        verify_origin=lambda origin: origin == place.origin,
    )
    server.timeout = CEREMONY_MS  # type: ignore[assignment]  # declared as None by the library
    return server


def descriptor(credential_id: str) -> PublicKeyCredentialDescriptor:
    """Return how options name a passkey, by its id in base64url."""
    return PublicKeyCredentialDescriptor(type=PublicKeyCredentialType.PUBLIC_KEY, id=unb64u(credential_id))


def prf_extension(tenant: Tenant) -> dict[str, Any]:
    """Return the PRF input of the tenant, 32 bytes (WebAuthn Level 3 section 10.1.4; docs/protocol.md)."""
    salt = hashlib.sha256(b"visor/vault/v1\x00" + tenant.slug.encode()).digest()
    return {"prf": {"eval": {"first": b64u(salt)}}}
