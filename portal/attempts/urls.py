"""Routes of the attempts."""

from django.urls import path

from portal.attempts import views

urlpatterns = [
    path("", views.attempt_list, name="attempts"),
    path("<str:transaction>/", views.attempt_detail, name="attempt"),
]
