"""Route of the overview."""

from django.urls import path

from portal.overview import views

urlpatterns = [path("", views.overview, name="overview")]
