"""Routes of the screen."""

from django.urls import path

from portal.self_enrolment import views

urlpatterns = [
    path("", views.overview, name="self-enrolment"),
    path("change/", views.change, name="self-enrolment-change"),
    path("secret/", views.secret, name="self-enrolment-secret"),
    path("remove/", views.remove, name="self-enrolment-remove"),
]
