"""What the attacks begin with: empty caches and a sandbox tenant, as the provider's tests have them."""

from tests.e2e.oidc.conftest import _nothing_remembered, shared, tenant, visitor

__all__ = ["_nothing_remembered", "shared", "tenant", "visitor"]
