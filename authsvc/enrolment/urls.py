"""Routes of enrolment and of further passkeys, under `/t/<slug>/`."""

from django.urls import path

from authsvc.enrolment import views

app_name = "enrolment"
urlpatterns = [
    path("enrol/finish/<str:txn>/", views.finish, name="finish"),
    path("enrol/again/<str:txn>/", views.again, name="again"),
    path("enrol/told/<str:txn>/", views.told, name="told"),
    path("enrol/<str:token>/", views.notice, name="notice"),
    path("enrol/<str:token>/consent", views.consent, name="consent"),
    path("moments/", views.moments, name="moments"),
    path("moments/finish/<str:txn>/", views.moment_added, name="moment-added"),
    path("passkeys/", views.passkeys, name="passkeys"),
    path("passkeys/finish/<str:txn>/", views.passkey_added, name="passkey-added"),
]
