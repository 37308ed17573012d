"""Application set-up."""

from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    """Attempts, their captures and their verdicts."""

    name = "authsvc.transactions"
    label = "transactions"

    def ready(self) -> None:
        """Register the checks."""
        from authsvc.transactions import checks  # noqa: F401
