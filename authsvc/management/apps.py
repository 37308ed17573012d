"""Application set-up of the administrative acts."""

from django.apps import AppConfig


class ManagementConfig(AppConfig):
    """Carries the operator's commands, and what waits for a second administrator."""

    name = "authsvc.management"
    label = "management"
