"""Routes of a tenant's look, under `/t/<slug>/`."""

from django.urls import path

from authsvc.branding import views

app_name = "branding"
urlpatterns = [
    path("look.css", views.stylesheet, name="stylesheet"),
    path("look.png", views.logo, name="logo"),
]
