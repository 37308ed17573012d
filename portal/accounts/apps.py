"""Application set-up of the administrators' accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts of the portal; people who sign in at partner sites are authsvc.subjects."""

    name = "portal.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Connect the receiver that notes an enrolled second factor."""
        from portal.accounts import second_factor  # noqa: F401 - importing it connects it
