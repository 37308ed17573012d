"""What sealed keys are bound to, for those that open them and those that only seal them anew."""

from uuid import UUID

from authsvc.core.envelope import context


def sealed_context(tenant_id: UUID) -> bytes:
    """Return what a tenant's sealed vault key is bound to."""
    return context("vault-key", str(tenant_id))
