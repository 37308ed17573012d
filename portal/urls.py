"""The routes of the portal; everything under /portal/ passes portal.accounts.gate first."""

from django.urls import include, path
from django.views.generic import RedirectView

from portal.accounts import views

urlpatterns = [
    path("", RedirectView.as_view(url="/portal/")),
    path("account/second-factor/", views.second_factor_page, name="second-factor"),
    path("account/theme/", views.set_theme, name="theme"),
    path("portal/", views.choose_tenant, name="portal"),
    path(
        "portal/<slug:tenant>/",
        include(
            [
                path("", include("portal.dashboard.urls")),
                path("relying-parties/", include("portal.clients.urls")),
                path("provider/", include("portal.provider.urls")),
                path("people/", include("portal.subjects.urls")),
                path("attempts/", include("portal.attempts.urls")),
                path("audit/", include("portal.auditlog.urls")),
            ]
        ),
    ),
]
