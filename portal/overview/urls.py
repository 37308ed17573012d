"""Routes of the overview and its part of now, first steps, receipt numbers, search and saved filters."""

from django.urls import path

from portal.overview import views
from portal.saved_filters import urls as saved_filters
from portal.search import urls as search

urlpatterns = [
    path("", views.overview, name="overview"),
    path("now/", views.overview_now, name="overview-now"),
    path("start/policy/", views.read_policy, name="start-policy"),
    path("start/retention/", views.read_retention, name="start-retention"),
    path("receipts/", views.receipt, name="receipt"),
    *search.urlpatterns,
    *saved_filters.urlpatterns,
]
