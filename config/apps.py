"""The project as an application: it carries the commands that set an installation up."""

from celery.signals import task_prerun
from django.apps import AppConfig
from django.conf import settings
from django.core.signals import request_started

from config.reloading import LiveSecrets


class ConfigConfig(AppConfig):
    """Label `config`; it has no models."""

    name = "config"
    label = "config"
    verbose_name = "Installation"

    def ready(self) -> None:
        """Make the Celery application the process's own, and sign what is queued by whoever queues it.

        And let the process follow its secrets file, where it has one.
        """
        from authsvc.keys import tasks  # noqa: F401
        from config import celery  # noqa: F401

        if settings.ROLES and settings.SECRETS_FILE.exists():
            live = settings.SECRETS = LiveSecrets(settings.SECRETS_FILE, settings.SECRETS)
            request_started.connect(live.refresh, weak=False)
            task_prerun.connect(live.refresh, weak=False)
