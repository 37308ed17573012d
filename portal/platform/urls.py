"""Routes of the platform."""

from django.urls import path

from portal.platform import views

urlpatterns = [
    path("", views.overview, name="platform"),
    path("new/", views.create, name="platform-create"),
    path("organisations/<slug:slug>/", views.detail, name="platform-tenant"),
    path("organisations/<slug:slug>/quotas/", views.quotas, name="platform-quotas"),
    path("organisations/<slug:slug>/suspend/", views.suspend, name="platform-suspend"),
    path("organisations/<slug:slug>/resume/", views.resume, name="platform-resume"),
]
