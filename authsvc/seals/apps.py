"""Application set-up: rows that are looked for before any scope is entered are sealed by signals."""

from typing import Any

from django.apps import AppConfig, apps
from django.db.models import Model
from django.db.models.signals import post_delete, post_save, pre_save


class SealsConfig(AppConfig):
    """The seals."""

    name = "authsvc.seals"
    label = "seals"

    def ready(self) -> None:
        """Seal what is stored of them, in the processes that know them."""
        senders = ["hosts.Host"]
        if apps.is_installed("authsvc.tenancy.memberships"):
            kept = ("Membership", "Invitation", "SingleSignOn", "Identity")
            senders += [f"memberships.{name}" for name in kept]
        for signal, receiver in ((pre_save, _seal), (post_save, _keep), (post_delete, _forget)):
            for sender in senders:
                uid = f"seals-{receiver.__name__}-{sender}"
                signal.connect(receiver, sender=sender, dispatch_uid=uid)


def _seal(*, instance: Any, raw: bool = False, **_: Any) -> None:
    from authsvc.seals.sealing import put_seal, stored_of

    if raw:
        return
    stored = None if instance._state.adding else type(instance)._base_manager.get(pk=instance.pk)
    put_seal(instance, None if stored is None else stored_of(stored))


def _keep(*, sender: type[Model], instance: Any, update_fields: Any = None, **_: Any) -> None:
    # Where only some columns were stored, the seal was not among them.
    if update_fields is not None and "seal" not in update_fields:
        sender._base_manager.filter(pk=instance.pk).update(seal=instance.seal)


def _forget(*, instance: Any, **_: Any) -> None:
    from authsvc.seals.sealing import forget

    forget(instance)
