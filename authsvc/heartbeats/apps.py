"""Application set-up."""

from django.apps import AppConfig


class HeartbeatsConfig(AppConfig):
    """Label `heartbeats`."""

    name = "authsvc.heartbeats"
    label = "heartbeats"
