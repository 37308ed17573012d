"""The application of the command that makes an estate."""

from django.apps import AppConfig


class EstateConfig(AppConfig):
    """It has no models."""

    name = "devtools.estate"
    label = "devtools_estate"
