"""Routes of liveness as a service, under `/t/<slug>/liveness/`."""

from django.urls import path

from authsvc.liveness import endpoints, page

app_name = "liveness"
urlpatterns = [
    path("sessions", endpoints.sessions, name="sessions"),
    path("sessions/<str:txn>", endpoints.session, name="session"),
    path("module/<str:client_id>.js", page.module, name="module"),
    path("<str:txn>/", page.page, name="page"),
]
