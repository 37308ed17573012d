"""The application behind the authentication agent's page."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CaptureConfig(AppConfig):
    """Registers the agent, and has `migrate` list the build of its page."""

    name = "authsvc.capture"
    label = "capture"

    def ready(self) -> None:
        """Connect the listing."""
        from authsvc.capture.builds import list_own

        post_migrate.connect(list_own, sender=self, dispatch_uid="capture-builds")
