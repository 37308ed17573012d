"""Routes of the partner site."""

from django.urls import include, path
from mozilla_django_oidc.utils import import_from_settings

from rp.demo import views

urlpatterns = [
    path("", views.home, name="home"),
    path("members", views.members, name="members"),
    path("payment", views.payment, name="payment"),
    path("statement", views.statement, name="statement"),
    path("api/statement", views.statement_data, name="statement_data"),
    path("sign-out", views.sign_out, name="sign_out"),
    path("whoami.json", views.whoami, name="whoami"),
    path("healthz", views.healthz, name="healthz"),
    path("oidc/", include("rp.client.urls")),
]
if import_from_settings("LIVENESS") is not None:
    from rp.demo import presence

    urlpatterns += [
        path("vote", presence.page, name="presence"),
        path("vote/session", presence.opened, name="presence_opened"),
        path("vote/result", presence.result, name="presence_result"),
    ]
