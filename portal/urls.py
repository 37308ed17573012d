"""The routes of the portal; everything under /portal/ passes portal.accounts.gate first."""

from django.urls import include, path
from django.views.generic import RedirectView

from portal import screens
from portal.accounts import joining, views

urlpatterns = [
    path("", RedirectView.as_view(url="/portal/")),
    path("account/second-factor/", views.second_factor_page, name="second-factor"),
    path("account/recovery-codes/", views.recovery_codes, name="recovery-codes"),
    path(
        "account/2fa/webauthn/keys/<int:pk>/remove/",
        views.RemovePasskey.as_view(),
        name="mfa_remove_webauthn",
    ),
    path("account/join/<slug:tenant>/<str:token>/", joining.join, name="join"),
    path("account/theme/", views.set_theme, name="theme"),
    path("portal/", views.choose_tenant, name="portal"),
    path("portal/<slug:tenant>/", include(screens.routes())),
]
