"""Application set-up of the administrative acts."""

from django.apps import AppConfig


class ManagementConfig(AppConfig):
    """Carries the operator's commands; it has no models."""

    name = "authsvc.management"
    label = "management"
