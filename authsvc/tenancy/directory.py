"""Finding a tenant by its slug, from memory where possible: every request begins with it."""

from authsvc.core.remembered import Remembered
from authsvc.tenancy.models import Tenant

# A renamed or closed tenant is noticed within this many seconds (revocation takes effect in 60 s).
_tenants: Remembered[str, Tenant] = Remembered(seconds=10, outlasts=3600)


def find_tenant(slug: str) -> Tenant:
    """Return the tenant of this slug; raises Tenant.DoesNotExist."""
    return _tenants.get_or_make(slug, lambda: Tenant.objects.get(slug=slug))


def forget_tenant(slug: str) -> None:
    """Have this process read a tenant anew: it has just changed it."""
    _tenants.forget(slug)
