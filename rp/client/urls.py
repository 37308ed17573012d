"""The client's routes, under the names that mozilla-django-oidc looks for."""

from django.urls import path

from . import views

urlpatterns = [
    path("authenticate/", views.AuthenticateView.as_view(), name="oidc_authentication_init"),
    path("callback/", views.CallbackView.as_view(), name="oidc_authentication_callback"),
    path("sign-out/", views.sign_out, name="oidc_logout"),
    path("backchannel-logout/", views.back_channel_logout, name="oidc_back_channel_logout"),
]
