from django.apps import AppConfig


class ClientConfig(AppConfig):
    name = __package__
    label = "rp_client"
    default_auto_field = "django.db.models.BigAutoField"
