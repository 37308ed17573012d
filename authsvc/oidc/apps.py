"""Application set-up."""

from django.apps import AppConfig


class OidcConfig(AppConfig):
    """The OpenID provider."""

    name = "authsvc.oidc"
    label = "oidc"

    def ready(self) -> None:
        """Register the checks."""
        from authsvc.oidc.sandbox import checks  # noqa: F401
