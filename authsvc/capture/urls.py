"""Routes of the authentication agent, under `/t/<slug>/`."""

from django.urls import path

from authsvc.audit.tags import Tag
from authsvc.capture import agent_api, desk, handoff, page

app_name = "capture"
urlpatterns = [
    path("signin/<str:txn>/", page.page, name="page"),
    path("agent-worker.js", page.service_worker, name="worker"),
    path("agent-tracker.js", page.tracker, name="tracker"),
    path("agent-comparer.js", page.comparer, name="comparer"),
    path("agent.webmanifest", page.manifest, name="manifest"),
    path("agent/<str:txn>/", agent_api.Show.as_view(), name="agent"),
    path("agent/<str:txn>/passkey/options", agent_api.PasskeyOptions.as_view(), name="passkey-options"),
    path("agent/<str:txn>/passkey", agent_api.Passkey.as_view(), name="passkey"),
    path("agent/<str:txn>/key/options", agent_api.KeyOptions.as_view(), name="key-options"),
    path("agent/<str:txn>/key", agent_api.Key.as_view(), name="key"),
    path("agent/<str:txn>/consent", agent_api.Consent.as_view(), name="agent-consent"),
    path("agent/<str:txn>/without-face", agent_api.WithoutFace.as_view(), name="without-face"),
    path("agent/<str:txn>/challenge", agent_api.Challenge.as_view(), name="challenge"),
    path("agent/<str:txn>/sample", agent_api.Sample.as_view(refusal=Tag.SAMPLE_REFUSED), name="sample"),
    path("agent/<str:txn>/status", agent_api.Status.as_view(), name="status"),
    path("agent/<str:txn>/outgoing", agent_api.Outgoing.as_view(), name="outgoing"),
    path("agent/<str:txn>/cancel", agent_api.Leave.as_view(), name="cancel"),
    path("desk/<str:txn>/", desk.desk, name="desk"),
    path("desk/<str:txn>/near/options", desk.NearOptions.as_view(), name="desk-near-options"),
    path("desk/<str:txn>/near", desk.Near.as_view(), name="desk-near"),
    path("desk/<str:txn>/code", desk.Code.as_view(), name="desk-code"),
    path("desk/<str:txn>/status", desk.DeskStatus.as_view(), name="desk-status"),
    path("desk/<str:txn>/stop", desk.Stop.as_view(), name="desk-stop"),
    path("handoff/<str:txn>/", handoff.handed_on, name="handed-on"),
    path("handoff/<str:txn>/<str:secret>/", handoff.handoff, name="handoff"),
]
