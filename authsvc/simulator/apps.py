"""The Django application that carries the software phone's commands; it has no models."""

from django.apps import AppConfig


class SimulatorConfig(AppConfig):
    """Label `simulator`."""

    name = "authsvc.simulator"
    label = "simulator"
    verbose_name = "Software phone"
