"""Finding a tenant by its slug, from memory where possible: every request begins with it."""

from functools import lru_cache
from time import monotonic

from authsvc.tenancy.models import Tenant

# A renamed or closed tenant is noticed within this many seconds (revocation takes effect in 60 s).
_LIFE = 10


def find_tenant(slug: str) -> Tenant:
    """Return the tenant of this slug; raises Tenant.DoesNotExist."""
    return _find(slug, int(monotonic() / _LIFE))


@lru_cache(maxsize=4096)
def _find(slug: str, _period: int) -> Tenant:
    return Tenant.objects.get(slug=slug)


def forget_tenants() -> None:
    """Drop what is remembered; for tests and for commands that change tenants."""
    _find.cache_clear()
