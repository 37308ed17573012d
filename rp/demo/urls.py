"""Routes of the partner site."""

from django.urls import include, path

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
