"""Every route of the web tier, by role: a process without the role does not have the route."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from config.health import healthz, readyz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("readyz", readyz),
]
if "web" in settings.ROLES:
    urlpatterns += [
        path("", include("authsvc.oidc.discovery.wellknown_urls")),
        path("t/<slug:tenant>/", include("authsvc.oidc.urls")),
        path("t/<slug:tenant>/", include("authsvc.capture.urls")),
        path("t/<slug:tenant>/", include("authsvc.enrolment.urls")),
    ]
if "portal" in settings.ROLES:
    urlpatterns += [
        path("account/", include("allauth.urls")),
        path("", include("portal.urls")),
    ]
