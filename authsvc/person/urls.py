"""Routes of a person's own page, under `/t/<slug>/me/`."""

from django.urls import path

from authsvc.person import views
from authsvc.privacy.models import Need

app_name = "person"
urlpatterns = [
    path("", views.page, name="page"),
    path("enter", views.enter, name="enter"),
    path("entered/<str:txn>/", views.entered, name="entered"),
    path("leave", views.leave, name="leave"),
    path("passkeys/<str:device>/", views.passkey, name="passkey"),
    path("passkeys/<str:device>/revoke", views.passkey_revoke, name="passkey-revoke"),
    path("face/remove", views.face_remove, name="face-remove"),
    path("consent/withdraw", views.consent_withdraw, name="consent-withdraw"),
    path("needs/light", views.need, {"kind": Need.Kind.NO_LIGHT}, name="light"),
    path("needs/turn", views.need, {"kind": Need.Kind.NO_TURN}, name="turn"),
    path("told/", views.told, name="told"),
    path("told/add", views.told_add, name="told-add"),
    path("told/<str:subscription>/remove", views.told_remove, name="told-remove"),
    path("requests/<str:approval>/stop", views.request_stop, name="request-stop"),
    path("recovery-codes", views.recovery_codes, name="recovery-codes"),
    path("lost", views.lost, name="lost"),
    path("recovered/<str:txn>/", views.recovered, name="recovered"),
    path("sign-ins/<str:txn>/receipt", views.sign_in_receipt, name="sign-in-receipt"),
    path("receipts/<str:number>/", views.receipt, name="receipt"),
]
