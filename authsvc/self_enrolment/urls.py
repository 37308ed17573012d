"""Routes of those who enrol by themselves, under `/t/<slug>/join/`."""

from django.urls import path

from authsvc.self_enrolment import views

app_name = "self_enrolment"
urlpatterns = [
    path("", views.door, name="door"),
    path("go", views.go, name="go"),
    path("callback/", views.callback, name="callback"),
]
