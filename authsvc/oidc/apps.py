"""Application set-up."""

from django.apps import AppConfig


class OidcConfig(AppConfig):
    """The OpenID provider."""

    name = "authsvc.oidc"
    label = "oidc"
