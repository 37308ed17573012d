"""Application set-up."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Label `delivery`."""

    name = "authsvc.delivery"
    label = "delivery"
