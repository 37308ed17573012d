"""Metadata in the path form of RFC 8414 section 3.1, where the issuer's path follows the well-known part."""

from django.urls import path

from authsvc.oidc.discovery.documents import openid_configuration
from authsvc.tenancy.shortway import short_way

urlpatterns = short_way(
    path(".well-known/oauth-authorization-server/t/<slug:tenant>", openid_configuration),
    path(".well-known/oauth-authorization-server/t/<slug:tenant>/", openid_configuration),
    path(".well-known/openid-configuration/t/<slug:tenant>", openid_configuration),
    path(".well-known/openid-configuration/t/<slug:tenant>/", openid_configuration),
)
