"""Who passkeys are made for and shown to: this server, by its host name and exact origin."""

import hashlib
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from fido2.server import Fido2Server
from fido2.webauthn import (
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
)

from authsvc.core.ids import b64u, unb64u
from authsvc.tenancy.models import Tenant

CEREMONY_MS = 120_000


def relying_party() -> Fido2Server:
    """Return the WebAuthn relying party: RP ID the host of the base URL, origin exactly the base URL."""
    host = urlsplit(settings.BASE_URL).hostname or ""
    server = Fido2Server(
        PublicKeyCredentialRpEntity(name="Visor", id=host),
        verify_origin=lambda origin: origin == settings.BASE_URL,
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
