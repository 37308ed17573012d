"""A tenant's key towards push services: made when it is first needed, kept like the keys that sign tokens."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import transaction
from joserfc import jws
from joserfc.jwk import ECKey

from authsvc.core.clock import now
from authsvc.core.envelope import context
from authsvc.core.ids import b64u
from authsvc.keys.kek import TOKEN, kek
from authsvc.reach.addresses import origin_of
from authsvc.reach.models import PushKey
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import current_tenant_id

_LIFE: Final = timedelta(hours=1)
"""So long a push service may take a signed statement of who sends; a day at most (RFC 8292 section 2)."""


@dataclass(frozen=True)
class Sender:
    """A tenant as push services know it."""

    key: ECKey

    @property
    def public(self) -> str:
        """The public key as a browser takes it: an uncompressed point, base64url (RFC 8292 section 3.2)."""
        point = self.key.get_op_key("verify").public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return b64u(point)

    def authorization(self, endpoint: str) -> str:
        """Return the header by which the service of an address knows who sends (RFC 8292 section 3)."""
        claims = {
            "aud": origin_of(endpoint),
            "exp": int((now() + _LIFE).timestamp()),
            "sub": settings.PUSH_CONTACT,
        }
        token = jws.serialize_compact({"typ": "JWT", "alg": "ES256"}, json.dumps(claims), self.key)
        return f"vapid t={token}, k={self.public}"


def sender() -> Sender:
    """Return the tenant in scope as push services know it; its key is made here where it has none."""
    row = PushKey.objects.first() or _make()
    opened = kek(TOKEN).unwrap(bytes(row.sealed_private), private_context(row.tenant_id))
    return Sender(ECKey.import_key(json.loads(opened)))


def private_context(tenant_id: UUID) -> bytes:
    """Return what a tenant's sealed push key is bound to."""
    return context("visor/push-key/v1", str(tenant_id))


@transaction.atomic
def _make() -> PushKey:
    # One who comes at the same time waits here, and finds what was made.
    tenant = Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())
    found = PushKey.objects.first()
    if found is not None:
        return found
    made = ECKey.import_key(ec.generate_private_key(ec.SECP256R1()))
    private = json.dumps(made.as_dict(private=True)).encode()
    sealed = kek(TOKEN).wrap(private, private_context(tenant.pk))
    return PushKey.objects.create(sealed_private=sealed, created_at=now())
