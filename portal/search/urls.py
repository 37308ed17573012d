"""Routes of search; whoever sees the overview may look, and finds what they may see."""

from django.urls import path

from portal.search import views

urlpatterns = [
    path("search/", views.search, name="search"),
    path("search/suggest/", views.suggest, name="search-suggest"),
]
