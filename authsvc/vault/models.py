"""References and what they are made of, and what is due of them; no name, no subject, no relying party."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from authsvc.core.clock import now
from authsvc.core.ids import new_id
from authsvc.tenancy.models import TenantOwned


class Part(TenantOwned):
    """What is sealed of a reference at one time: in the row itself, or in the object store under a name."""

    sealed_template = models.BinaryField()
    object_name = models.CharField(
        max_length=43,
        blank=True,
        default="",
        db_default="",
        help_text="The random name under which the object store has it; empty where the row does.",
    )
    digest = models.BinaryField(
        max_length=32, default=b"", db_default=b"", help_text="SHA-256 of what was put there."
    )

    class Meta:
        abstract = True


class Reference(Part):
    """A protected biometric reference (S6.2-05): the template sealed under a data key of its own.

    Of one that lies with the phone there is no template here, not even a sealed one.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        REVOKED = "revoked", _("Revoked")

    pseudonym = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    model = models.CharField(max_length=1, help_text="ISO/IEC 24745 application model.")
    engine = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=1)
    quality = models.PositiveSmallIntegerField(default=0)
    consent = models.CharField(max_length=24)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    region = models.CharField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text="Of the store it was written to; what is sealed is bound to it.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    last_opened_at = models.DateTimeField(null=True)


class Moment(Part):
    """A further capture that a reference is made of, sealed under the reference's data key.

    The first one is the reference's own template. Which of them count stands in the person's sealed row
    (ageing.py): what lies here beside those belongs to a renewal that is not finished, or is nobody's.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    reference = models.ForeignKey(Reference, on_delete=models.CASCADE, related_name="moments")
    quality = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)


class DeviceWrap(TenantOwned):
    """A reference's data key, wrapped for one device: both shares are needed to unwrap it.

    Where the phone keeps the reference there is no data key, only the server's share; where the server opens
    it alone, the one wrap is of no device.
    """

    reference = models.ForeignKey(Reference, on_delete=models.CASCADE, related_name="wraps")
    device = models.CharField(max_length=24)
    share_kind = models.CharField(max_length=10)
    sealed_server_share = models.BinaryField()
    wrapped_key = models.BinaryField()
    under_key = models.BooleanField(
        default=False, db_default=False, help_text="The share is wrapped under the reference's own key too."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reference", "device"], name="wrap_once_per_device")]


class Bundle(TenantOwned):
    """What is known here of one moment of a reference that a device keeps sealed: its digest, no more.

    `moment` is the pseudonym for the reference's first capture, as everywhere.
    """

    reference = models.ForeignKey(Reference, on_delete=models.CASCADE, related_name="bundles")
    device = models.CharField(max_length=24)
    moment = models.CharField(max_length=24)
    digest = models.BinaryField(max_length=32, help_text="SHA-256 of what the device keeps.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference", "device", "moment"], name="bundle_once_per_device")
        ]


class DueErasure(models.Model):
    """A reference's key that is to be destroyed: a worker does it, and the row goes when it is done.

    Whoever erases a reference may have no way to the key service. The row belongs to no tenant's scope, so
    that a worker sees at one glance whether anything is due; it says nothing of a person.
    """

    pseudonym = models.CharField(primary_key=True, max_length=24)
    tenant = models.UUIDField()
    requested_at = models.DateTimeField(auto_now_add=True)


class DueObject(models.Model):
    """An object that is to be put into the object store, or, where no part is named, to be deleted there.

    A worker does it, and the row goes when it is done: so no object is in the store that nobody knows of. As
    DueErasure it belongs to no tenant's scope.
    """

    name = models.CharField(primary_key=True, max_length=43)
    tenant = models.UUIDField()
    part = models.CharField(max_length=24, blank=True, default="")
    due_at = models.DateTimeField(default=now)
