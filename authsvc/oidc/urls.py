"""The provider's routes under a tenant's issuer."""

from django.urls import path

from authsvc.oidc.authorize import views as authorize
from authsvc.oidc.authorize.pushed import par
from authsvc.oidc.ciba import views as ciba
from authsvc.oidc.ciba.endpoint import backchannel_authentication
from authsvc.oidc.discovery.documents import jwks, openid_configuration
from authsvc.oidc.registration.views import register, registration
from authsvc.oidc.sandbox.approval import answer_automatically
from authsvc.oidc.sandbox.views import sandbox
from authsvc.oidc.sessions.logout import views as logout
from authsvc.oidc.token.introspection import introspect
from authsvc.oidc.token.receipt import sign_in_receipt
from authsvc.oidc.token.revocation import revoke
from authsvc.oidc.token.userinfo import userinfo
from authsvc.oidc.token.views import token
from authsvc.oidc.wire.cors import cross_origin
from authsvc.tenancy.shortway import short_way

app_name = "oidc"
urlpatterns = [
    # What programs call, without a cookie and without a page.
    *short_way(
        path(
            ".well-known/openid-configuration",
            cross_origin(openid_configuration, "GET"),
            name="configuration",
        ),
        path("jwks", cross_origin(jwks, "GET"), name="jwks"),
        path("token", cross_origin(token, "POST"), name="token"),
        path("par", cross_origin(par, "POST"), name="par"),
        path("introspect", introspect, name="introspect"),
        path("revoke", cross_origin(revoke, "POST"), name="revoke"),
        path("userinfo", cross_origin(userinfo), name="userinfo"),
        path("receipt", cross_origin(sign_in_receipt), name="receipt"),
        path("backchannel-authentication", backchannel_authentication, name="backchannel-authentication"),
    ),
    path("authorize", authorize.authorize, name="authorize"),
    path("authorize/resume/<str:txn>", authorize.resume_authorization, name="resume"),
    path("authorize/consent", authorize.consent, name="consent"),
    path("sandbox/<str:txn>/", sandbox, name="sandbox"),
    path("approve/", ciba.waiting, name="waiting"),
    path("approve/enter", ciba.enter, name="enter"),
    path("approve/entered/<str:txn>", ciba.entered, name="entered"),
    path("approve/<str:waiting_id>/", ciba.answer, name="answer"),
    path("approve/<str:waiting_id>/done/<str:txn>", ciba.done, name="approved"),
    path("sandbox-approval", answer_automatically, name="sandbox-approval"),
    path("end-session", logout.end_session, name="end-session"),
    path("end-session/confirm", logout.confirm_logout, name="confirm-logout"),
    path("register", cross_origin(register, "POST"), name="register"),
    path(
        "register/<str:client_id>",
        cross_origin(registration, "GET", "PUT", "DELETE"),
        name="registration",
    ),
]
