"""The endpoints that relying parties' servers call, and the short way to them.

Who calls proves itself in the request: no cookie is read, no page is shown, no language is chosen. So
what the site asks before a page (session, person, forms, language) is not asked here.
"""

import re
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from authsvc.oidc.authorize.pushed import par
from authsvc.oidc.ciba.endpoint import backchannel_authentication
from authsvc.oidc.token.introspection import introspect
from authsvc.oidc.token.revocation import revoke
from authsvc.oidc.token.userinfo import userinfo
from authsvc.oidc.token.views import token
from authsvc.oidc.wire.cors import cross_origin
from authsvc.tenancy.directory import find_tenant
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope

PROGRAMS: dict[str, Callable[..., HttpResponse]] = {
    "token": cross_origin(token),
    "par": par,
    "introspect": introspect,
    "revoke": cross_origin(revoke),
    "userinfo": cross_origin(userinfo),
    "backchannel-authentication": backchannel_authentication,
}
_ADDRESS = re.compile(r"/t/([-a-zA-Z0-9_]+)/([a-z-]+)")


class ProgramEndpoints:
    """Answers requests to PROGRAMS in their tenant's scope; every other one takes the usual way.

    The transport's rules (HTTPS, HSTS, nosniff) stand before it and hold here too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if "web" not in settings.ROLES:
            raise MiddlewareNotUsed("a process without the web role has none of these endpoints")
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request."""
        match = _ADDRESS.fullmatch(request.path_info)
        view = PROGRAMS.get(match[2]) if match else None
        if match is None or view is None:
            return self.get_response(request)
        # Raises DisallowedHost, which is answered 400, as for every other path.
        request.get_host()
        try:
            tenant = find_tenant(match[1])
        except Tenant.DoesNotExist:
            return self.get_response(request)
        request.tenant = tenant  # type: ignore[attr-defined]
        with tenant_scope(tenant.id):
            response = view(request, tenant=tenant.slug)
        response.headers.setdefault("Content-Length", str(len(response.content)))
        return response
