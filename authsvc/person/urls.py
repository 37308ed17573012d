"""Routes of a person's own page, under `/t/<slug>/me/`."""

from django.urls import path

from authsvc.person import views

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
    path("needs/light", views.light, name="light"),
    path("requests/<str:approval>/stop", views.request_stop, name="request-stop"),
    path("recovery-codes", views.recovery_codes, name="recovery-codes"),
    path("lost", views.lost, name="lost"),
    path("recovered/<str:txn>/", views.recovered, name="recovered"),
    path("receipts/<str:number>/", views.receipt, name="receipt"),
]
