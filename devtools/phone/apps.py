"""The Django application that carries the software phone's commands; it has no models."""

from django.apps import AppConfig


class PhoneConfig(AppConfig):
    """Label `phone`."""

    name = "devtools.phone"
    label = "phone"
    verbose_name = "Software phone"
