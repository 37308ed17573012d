"""Metadata in the path form of RFC 8414 section 3.1, where the issuer's path follows the well-known part."""

from django.urls import path

from authsvc.oidc.discovery.documents import openid_configuration
from authsvc.oidc.wire.cors import cross_origin
from authsvc.tenancy.shortway import short_way

_metadata = cross_origin(openid_configuration, "GET")
urlpatterns = short_way(
    path(".well-known/oauth-authorization-server/t/<slug:tenant>", _metadata),
    path(".well-known/oauth-authorization-server/t/<slug:tenant>/", _metadata),
    path(".well-known/openid-configuration/t/<slug:tenant>", _metadata),
    path(".well-known/openid-configuration/t/<slug:tenant>/", _metadata),
)
