"""The application behind the authentication agent's page."""

from django.apps import AppConfig


class CaptureConfig(AppConfig):
    """Registers the agent; it owns no table."""

    name = "authsvc.capture"
    label = "capture"
