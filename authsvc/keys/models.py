"""SigningKey, WorkerKey, SampleKey, VaultKey and TaskDone."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from authsvc.core.ids import new_id
from authsvc.tenancy.models import TenantOwned


class SigningKey(TenantOwned):
    """A tenant's token-signing key; the private part is sealed under the web role's key."""

    class State(models.TextChoices):
        NEXT = "next", pgettext_lazy("a key", "Next")
        CURRENT = "current", _("Current")
        PREVIOUS = "previous", _("Previous")
        RETIRED = "retired", _("Retired")

    kid = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    algorithm = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=State, default=State.NEXT)
    public_jwk = models.JSONField()
    public_seal = models.BinaryField(null=True, help_text="The web role's word that the key is its own.")
    sealed_private = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    state_changed_at = models.DateTimeField()
    became_current_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "algorithm", "state"])]


class WorkerKey(models.Model):
    """The public part of a short-lived key that agents seal samples to; a worker's memory has the other.

    It belongs to a worker, not to a tenant: the sealed sample itself is bound to its transaction. The
    worker signs the public part, so that a changed row is not used. On PostgreSQL the table is not logged.
    """

    kid = models.CharField(primary_key=True, max_length=24, editable=False)
    worker = models.CharField(max_length=24, db_index=True)
    public_jwk = models.JSONField()
    signature = models.CharField(max_length=90)
    offered_until = models.DateTimeField()
    kept_until = models.DateTimeField()
    region = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="The worker's, which signs it too."
    )
    seen_at = models.DateTimeField(help_text="When the worker last said so, by the database's clock.")


class SampleKey(models.Model):
    """A sample key of the releases before, sealed in the database: only deleted when its time is over.

    The table goes with the next release, beside which no process of those can run.
    """

    kid = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    public_jwk = models.JSONField()
    signature = models.CharField(max_length=90)
    sealed_private = models.BinaryField()
    created_at = models.DateTimeField()
    offered_until = models.DateTimeField()
    destroyed_at = models.DateTimeField()


class VaultKey(TenantOwned):
    """A tenant's vault key, sealed under the worker's; destroying it makes every reference unreadable.

    While it is rotated the version before stands beside it (vaultkeys.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sealed = models.BinaryField()
    previous = models.BinaryField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="vault_one_key_per_tenant")]


class TaskDone(models.Model):
    """A signed task that was done, so that its message does not count a second time (tasks.py).

    It belongs to no tenant: the message itself says for whom it was.
    """

    id = models.CharField(primary_key=True, max_length=64)
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["until"], name="keys_taskdone_until_idx")]
