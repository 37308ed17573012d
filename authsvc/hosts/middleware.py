"""Says for each request whether it is at home: at the host where the tenant of its path lives.

Nothing is answered here. A host that is no tenant's is left to Django, which knows the installation's own and
answers 400 to every other; a request that is not at home is answered where tenants are found, so that every
header that guards a page is on that answer too (authsvc/tenancy/middleware.py).
"""

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse

from authsvc.hosts.models import Host
from authsvc.hosts.names import installation_netloc, is_ours, netloc_on
from authsvc.hosts.places import Known, known_host, place_of
from authsvc.tenancy.directory import find_tenant
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.paths import tenant_path

CHALLENGE: Final = "/.well-known/visor-host"
RELATED_ORIGINS: Final = "/.well-known/webauthn"
NOWHERE: Final = ""
# What leads on from an address that a tenant has left, by how the path goes on after its slug: what people
# keep in mails and bookmarks, and the metadata, which then say the new issuer.
_FOLLOWED: Final = ("me/", "enrol/", "join/", "passkeys/", "moments/", ".well-known/openid-configuration")
_METADATA: Final = "/.well-known/"
_PORTAL: Final = "/portal/"


class HostGate:
    """Sets `request.astray` where a request is not at home: the address that it is sent on to, or NOWHERE."""

    def __init__(self, get_response: Callable[[Any], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        """Handle the request."""
        host, path = request.META.get("HTTP_HOST", "").lower(), request.path_info
        known = known_host(host.partition(":")[0]) if _may_be_a_tenants(host) else None
        if known is None:
            request.astray = _left_home(request, path)
        elif known.state != Host.State.ASKED or path == CHALLENGE:
            # Not the header's own text, which stands nowhere from here on.
            request.get_host = lambda: host
            request.astray = _on_own_host(request, known, path)
        return self.get_response(request)


def _may_be_a_tenants(host: str) -> bool:
    """Tell whether a host has the installation's port, as browsers send it, and no name of its own.

    Nobody looks into the database for one that is the installation's: it says that it is up without one.
    """
    if host == installation_netloc(settings.BASE_URL):  # as nearly always
        return False
    name = host.partition(":")[0]
    return host == netloc_on(name) and not is_ours(name)


def _left_home(request: Any, path: str) -> str | None:
    """Return where a request to the installation's host goes whose tenant lives elsewhere; None at home."""
    found = tenant_path(path)
    if found is None or found[0] == _PORTAL:
        return None
    try:
        tenant = find_tenant(found[1])
    except Tenant.DoesNotExist:
        return None
    place = place_of(tenant.pk)
    return _moved_to(request, place.origin) if place.host else None


def _on_own_host(request: Any, known: Known, path: str) -> str | None:
    if path in {CHALLENGE, RELATED_ORIGINS}:
        return None
    found = tenant_path(path)
    if found is None or found[0] == _PORTAL or found[1] != known.slug:
        return NOWHERE
    if known.state == Host.State.LIVE:
        return None
    return _moved_to(request, place_of(find_tenant(known.slug).pk).origin)


def _moved_to(request: Any, origin: str) -> str:
    before, _, after = tenant_path(request.path_info) or ("", "", "")
    is_followed = after.lstrip("/").startswith(_FOLLOWED) or before.startswith(_METADATA)
    if request.method not in {"GET", "HEAD"} or not is_followed:
        return NOWHERE
    return origin + str(request.get_full_path())
