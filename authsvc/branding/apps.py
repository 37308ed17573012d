"""Application set-up of the look of an organisation."""

from django.apps import AppConfig


class BrandingConfig(AppConfig):
    """Label `branding`."""

    name = "authsvc.branding"
    label = "branding"
