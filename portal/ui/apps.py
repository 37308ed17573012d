"""Application set-up of the shared interface parts."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Makes the template tags of the portal known to Django."""

    name = "portal.ui"
    label = "ui"
