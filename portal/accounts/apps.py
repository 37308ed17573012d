"""Application set-up of the administrators' accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts of the portal; people who sign in at partner sites are authsvc.subjects."""

    name = "portal.accounts"
    label = "accounts"
