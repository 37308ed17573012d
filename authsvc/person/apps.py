"""The application of people's own pages."""

from django.apps import AppConfig


class PersonConfig(AppConfig):
    """Registers Visit."""

    name = "authsvc.person"
    label = "person"
