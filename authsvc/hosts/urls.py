"""Routes that belong to a host, and to no path of a tenant."""

from django.urls import path

from authsvc.hosts.middleware import CHALLENGE, RELATED_ORIGINS
from authsvc.hosts.views import challenge, webauthn

urlpatterns = [
    path(CHALLENGE.removeprefix("/"), challenge),
    path(RELATED_ORIGINS.removeprefix("/"), webauthn),
]
