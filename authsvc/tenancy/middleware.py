"""Puts each request under `/t/<slug>/` or `/portal/<slug>/` into its tenant's scope."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from authsvc.tenancy.directory import find_tenant
from authsvc.tenancy.languages import speak
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.paths import tenant_path
from authsvc.tenancy.scope import tenant_scope
from authsvc.tenancy.suspension import is_refused, refusal


class TenantRequest(HttpRequest):
    """A request whose tenant is known; views under a tenant's path receive this."""

    tenant: Tenant


class TenantMiddleware:
    """Finds the tenant that the path names, answers 404 for none, and enters its scope.

    A request that is not at home (authsvc/hosts/middleware.py) is sent on, or finds nothing here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request in the tenant's scope, or in none where the path names no tenant."""
        astray: str | None = getattr(request, "astray", None)
        if astray is not None:
            return _sent_on(astray)
        found = tenant_path(request.path_info)
        if found is None:
            return self.get_response(request)
        try:
            tenant = find_tenant(found[1])
        except Tenant.DoesNotExist:
            request.tenant = None  # type: ignore[attr-defined]
            return self.get_response(request)
        request.tenant = tenant  # type: ignore[attr-defined]
        speak(request, tenant)
        with tenant_scope(tenant.id):
            if is_refused(tenant, found[0], found[2]):
                return refusal(request, tenant)
            return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: object, _args: object, _kwargs: object) -> None:
        """Answer 404 for an unknown tenant from inside Django's own error handling.

        A path with NUL names nothing either, and PostgreSQL would fail at looking for it.
        """
        if getattr(request, "tenant", ...) is None or "\x00" in request.path_info:
            raise Http404("no such tenant, or nothing that a path can name")


def _sent_on(address: str) -> HttpResponse:
    if not address:
        raise Http404("another host's, or nothing that is at this one")
    return HttpResponseRedirect(address)
