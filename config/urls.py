"""Every route of the site, by role (config/roles.py): a process without the role does not have the route."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from config import errors, roles
from config.health import healthz, readyz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("readyz", readyz),
    *(path(prefix, include(module)) for prefix, module in roles.routes(settings.ROLES)),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
