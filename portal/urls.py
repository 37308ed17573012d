"""The routes of the portal; everything under /portal/ and /platform/ passes portal.accounts.gate first."""

from django.urls import include, path
from django.views.generic import RedirectView

from portal import screens
from portal.accounts import joining, own, views
from portal.single_sign_on import coming, linking

urlpatterns = [
    path("", RedirectView.as_view(url="/portal/")),
    path("account/login/", views.SignIn.as_view(), name="account_login"),
    path("account/sso/<slug:tenant>/", coming.Begin.as_view(), name="sso"),
    path("account/sso/<slug:tenant>/callback/", coming.Come.as_view(), name="sso-callback"),
    path("account/sso/<slug:tenant>/link/", linking.link, name="sso-link"),
    path("account/sso/<slug:tenant>/again/", coming.came_again, name="sso-again"),
    path("account/second-factor/", views.second_factor_page, name="second-factor"),
    path("account/recovery-codes/", views.recovery_codes, name="recovery-codes"),
    path("account/2fa/", own.AccountPage.as_view(), name="mfa_index"),
    path("account/sessions/", own.end_sessions, name="sessions-end"),
    path("account/preferences/", own.set_preferences, name="preferences"),
    path(
        "account/2fa/webauthn/keys/<int:pk>/remove/",
        views.RemovePasskey.as_view(),
        name="mfa_remove_webauthn",
    ),
    path("account/join/<slug:tenant>/<str:token>/", joining.join, name="join"),
    path("account/theme/", views.set_theme, name="theme"),
    path("portal/", views.choose_tenant, name="portal"),
    path("portal/<slug:tenant>/", include(screens.routes())),
    path("platform/", include("portal.platform.urls")),
]
