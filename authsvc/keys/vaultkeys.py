"""A tenant's vault key: only a worker opens it, and destroying it destroys every reference (S9.2-13)."""

import os

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.envelope import CannotOpen
from authsvc.keys.contexts import sealed_context
from authsvc.keys.kek import VAULT, kek
from authsvc.keys.models import VaultKey
from authsvc.tenancy.scope import current_tenant_id


class NoVaultKey(Exception):
    """The tenant's vault key is destroyed or cannot be opened."""


def open_vault_key(*, create: bool = False) -> bytes:
    """Return the 32-byte vault key of the tenant in scope; workers only.

    `create` makes one for a tenant that never had one. Raises NoVaultKey.
    """
    row = VaultKey.objects.first()
    if row is None and create:
        row = _create()
    if row is None:
        raise NoVaultKey("the tenant has no vault key")
    try:
        return kek(VAULT).unwrap(bytes(row.sealed), sealed_context(row.tenant_id))
    except CannotOpen:
        raise NoVaultKey("the vault key cannot be opened") from None


def _create() -> VaultKey:
    tenant_id = current_tenant_id()
    sealed = kek(VAULT).wrap(os.urandom(32), sealed_context(tenant_id))
    row, created = VaultKey.objects.get_or_create(tenant_id=tenant_id, defaults={"sealed": sealed})
    if created:
        record(Tag.KEY_CREATED, key="vault")
    return row


# Kept for the erasure of a whole tenant, which the portal does not offer yet.
def destroy_vault_key() -> None:
    """Delete the vault key of the tenant in scope: no reference of the tenant can be opened again."""
    VaultKey.objects.all().delete()
    record(Tag.KEY_REVOKED, key="vault")
