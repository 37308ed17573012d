"""Routes of saved filters; whoever sees the lists keeps some of their own."""

from django.urls import path

from portal.saved_filters import views

urlpatterns = [
    path("filters/keep/", views.keep, name="filter-keep"),
    path("filters/drop/", views.drop, name="filter-drop"),
]
