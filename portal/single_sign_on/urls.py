"""Routes of the screen; those of the sign-in itself are an account's (portal/urls.py)."""

from django.urls import path

from portal.single_sign_on import views

urlpatterns = [
    path("", views.overview, name="single-sign-on"),
    path("change/", views.change, name="single-sign-on-change"),
    path("secret/", views.secret, name="single-sign-on-secret"),
    path("remove/", views.remove, name="single-sign-on-remove"),
    path("links/<str:identity>/end/", views.unlink, name="single-sign-on-unlink"),
]
