"""The project as an application: it carries the commands that set an installation up."""

from celery.signals import task_prerun
from django.apps import AppConfig, apps
from django.conf import settings
from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.db.models.signals import pre_migrate

from config import retention
from config.reloading import LiveSecrets


class ConfigConfig(AppConfig):
    """Label `config`; it has no models."""

    name = "config"
    label = "config"
    verbose_name = "Installation"

    def ready(self) -> None:
        """Make the Celery application the process's own, and sign what is queued by whoever queues it.

        And let the process follow its secrets file, where it has one. Whoever migrates tells the database
        what the register of retention says.
        """
        from authsvc.keys import tasks  # noqa: F401
        from config import celery  # noqa: F401

        # Each request looks as it begins whether its connection is still good; no cache of ours is closed.
        request_finished.disconnect(close_old_connections)
        request_finished.disconnect(close_caches)
        # With the signal of the room that tells it: this application has no models, and none of its own.
        pre_migrate.connect(_fill_register, sender=apps.get_app_config("tenancy"), dispatch_uid="retention")
        if settings.ROLES and settings.SECRETS_FILE.exists():
            live = settings.SECRETS = LiveSecrets(settings.SECRETS_FILE, settings.SECRETS)
            request_started.connect(live.refresh, weak=False)
            task_prerun.connect(live.refresh, weak=False)


def _fill_register(**_: object) -> None:
    retention.load()
