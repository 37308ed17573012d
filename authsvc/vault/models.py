"""Reference, Moment, DeviceWrap and DueErasure; no name, no subject, no relying party stands here."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from authsvc.core.ids import new_id
from authsvc.tenancy.models import TenantOwned


class Reference(TenantOwned):
    """A protected biometric reference (S6.2-05): the template sealed under a data key of its own."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        REVOKED = "revoked", _("Revoked")

    pseudonym = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    model = models.CharField(max_length=1, help_text="ISO/IEC 24745 application model.")
    sealed_template = models.BinaryField()
    engine = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=1)
    quality = models.PositiveSmallIntegerField(default=0)
    consent = models.CharField(max_length=24)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField(auto_now_add=True)
    last_opened_at = models.DateTimeField(null=True)


class Moment(TenantOwned):
    """A further capture that a reference is made of, sealed under the reference's data key.

    The first one is the reference's own template. Which of them count stands in the person's sealed row
    (ageing.py): what lies here beside those belongs to a renewal that is not finished, or is nobody's.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    reference = models.ForeignKey(Reference, on_delete=models.CASCADE, related_name="moments")
    sealed_template = models.BinaryField()
    quality = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)


class DeviceWrap(TenantOwned):
    """A reference's data key, wrapped for one device: both shares are needed to unwrap it (model G)."""

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


class DueErasure(models.Model):
    """A reference's key that is to be destroyed: a worker does it, and the row goes when it is done.

    Whoever erases a reference may have no way to the key service. The row belongs to no tenant's scope, so
    that a worker sees at one glance whether anything is due; it says nothing of a person.
    """

    pseudonym = models.CharField(primary_key=True, max_length=24)
    tenant = models.UUIDField()
    requested_at = models.DateTimeField(auto_now_add=True)
