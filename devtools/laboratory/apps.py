"""The Django application that carries the laboratory's command; it has no models."""

from django.apps import AppConfig


class LaboratoryConfig(AppConfig):
    """Label `laboratory`; installed before authsvc.evaluation, whose command it widens."""

    name = "devtools.laboratory"
    label = "laboratory"
    verbose_name = "Attack laboratory"
