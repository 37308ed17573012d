"""Application set-up."""

from django.apps import AppConfig


class OidcConfig(AppConfig):
    """The OpenID provider."""

    name = "authsvc.oidc"
    label = "oidc"

    def ready(self) -> None:
        """Load what registers itself with a room below: checks, and the kinds of delivery, one a line."""
        from authsvc.oidc.bench import running  # noqa: F401
        from authsvc.oidc.ciba import ping, telling  # noqa: F401
        from authsvc.oidc.sandbox import checks  # noqa: F401
        from authsvc.oidc.sessions.logout import backchannel  # noqa: F401
