"""Application set-up: the counters of an installation without Redis."""

from django.apps import AppConfig


class LimitsConfig(AppConfig):
    """Label `limits`."""

    name = "authsvc.limits"
    label = "limits"
