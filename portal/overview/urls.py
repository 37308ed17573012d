"""Routes of the overview, and of looking a receipt number up."""

from django.urls import path

from portal.overview import views

urlpatterns = [
    path("", views.overview, name="overview"),
    path("receipts/", views.receipt, name="receipt"),
]
