"""The project as an application: it carries the commands that set an installation up."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Label `config`; it has no models."""

    name = "config"
    label = "config"
    verbose_name = "Installation"

    def ready(self) -> None:
        """Make the Celery application the process's own, and sign what is queued by whoever queues it."""
        from authsvc.keys import tasks  # noqa: F401
        from config import celery  # noqa: F401
