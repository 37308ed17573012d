"""The provider's routes under a tenant's issuer."""

from django.urls import path

from authsvc.oidc.authorize import views as authorize
from authsvc.oidc.ciba import views as ciba
from authsvc.oidc.discovery.documents import jwks, openid_configuration
from authsvc.oidc.programs import PROGRAMS
from authsvc.oidc.registration.views import register, registration
from authsvc.oidc.sandbox.approval import answer_automatically
from authsvc.oidc.sandbox.views import sandbox
from authsvc.oidc.sessions.logout import views as logout

app_name = "oidc"
urlpatterns = [
    path(".well-known/openid-configuration", openid_configuration, name="configuration"),
    path("jwks", jwks, name="jwks"),
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
    path("register", register, name="register"),
    path("register/<str:client_id>", registration, name="registration"),
    *(path(name, view, name=name) for name, view in PROGRAMS.items()),
]
