"""A tenant's vault key: only a worker opens it, and destroying it destroys every reference (S9.2-13).

While it is rotated a tenant has two: what the version before sealed is sealed anew by authsvc/vault.
"""

import os

from django.db import transaction
from django.db.models import F

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
    return open_vault_keys(create=create)[0]


def open_vault_keys(*, create: bool = False) -> list[bytes]:
    """Return the tenant's vault key and, while it is rotated, the version before; like `open_vault_key`."""
    row = VaultKey.objects.first()
    if row is None and create:
        row = _create()
    if row is None:
        raise NoVaultKey("the tenant has no vault key")
    aad = sealed_context(row.tenant_id)
    try:
        return [
            kek(VAULT).unwrap(bytes(each), aad) for each in (row.sealed, row.previous) if each is not None
        ]
    except CannotOpen:
        raise NoVaultKey("the vault key cannot be opened") from None


def _create() -> VaultKey:
    tenant_id = current_tenant_id()
    row, created = VaultKey.objects.get_or_create(tenant_id=tenant_id, defaults={"sealed": _fresh()})
    if created:
        record(Tag.KEY_CREATED, key="vault")
    return row


def _fresh() -> bytes:
    return kek(VAULT).wrap(os.urandom(32), sealed_context(current_tenant_id()))


def has_vault_key() -> bool:
    """Tell whether the tenant in scope has a vault key; it gets one with its first reference."""
    return VaultKey.objects.exists()


@transaction.atomic
def begin_rotation() -> bool:
    """Give the tenant in scope a new vault key beside the one it has; False where it has none, or two."""
    begun = VaultKey.objects.filter(previous=None).update(previous=F("sealed"), sealed=_fresh())
    if begun:
        record(Tag.KEY_ROTATED, key="vault")
    return bool(begun)


@transaction.atomic
def end_rotation() -> bool:
    """Destroy the version before of the tenant in scope; False where there is none.

    What is still sealed under it opens no more: whoever calls has sealed that anew.
    """
    ended = VaultKey.objects.exclude(previous=None).update(previous=None)
    if ended:
        record(Tag.KEY_REVOKED, key="vault, the version before")
    return bool(ended)


# Kept for the erasure of a whole tenant, which the portal does not offer yet.
def destroy_vault_key() -> None:
    """Delete the vault key of the tenant in scope: no reference of the tenant can be opened again."""
    VaultKey.objects.all().delete()
    record(Tag.KEY_REVOKED, key="vault")
