"""Application set-up."""

from django.apps import AppConfig


class ReachConfig(AppConfig):
    """Label `reach`."""

    name = "authsvc.reach"
    label = "reach"
