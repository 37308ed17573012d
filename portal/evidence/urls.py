"""Routes of the evidence."""

from django.urls import path

from portal.evidence import views

urlpatterns = [
    path("", views.evidence, name="evidence"),
]
