"""Routes of the authentication agent, under `/t/<slug>/`."""

from django.urls import path

from authsvc.capture import agent_api, page

app_name = "capture"
urlpatterns = [
    path("signin/<str:txn>/", page.page, name="page"),
    path("agent-worker.js", page.service_worker, name="worker"),
    path("agent.webmanifest", page.manifest, name="manifest"),
    path("agent/<str:txn>/", agent_api.show, name="agent"),
    path("agent/<str:txn>/passkey/options", agent_api.options, name="passkey-options"),
    path("agent/<str:txn>/passkey", agent_api.passkey, name="passkey"),
    path("agent/<str:txn>/without-face", agent_api.without_face, name="without-face"),
    path("agent/<str:txn>/challenge", agent_api.challenge, name="challenge"),
    path("agent/<str:txn>/sample", agent_api.sample, name="sample"),
    path("agent/<str:txn>/status", agent_api.status, name="status"),
    path("agent/<str:txn>/cancel", agent_api.leave, name="cancel"),
]
