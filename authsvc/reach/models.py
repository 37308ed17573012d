"""PushKey, a tenant's key towards push services; Subscription, a browser that takes pushes; Preference."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from authsvc.core.ids import new_id
from authsvc.devices.models import Device
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import TenantOwned


class PushKey(TenantOwned):
    """The key by which push services know a tenant (VAPID, RFC 8292), sealed under the web role's key.

    Browsers bind their subscriptions to it, so that it is not rotated: a new one ends them all.
    """

    sealed_private = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="reach_one_push_key_per_tenant")]


class Subscription(TenantOwned):
    """A browser of a person that takes pushes, made with one of their passkeys' devices.

    Whoever knows its address could send to it, so that address and keys are `sealed` under the web role's
    key, bound to this row and its person. `digest` is the SHA-256 of the address, which tells it from others;
    `service` the host that it lies at.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    service = models.CharField(max_length=100)
    sealed = models.BinaryField()
    created_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "digest"], name="reach_subscription_once")]


class Preference(TenantOwned):
    """How a person wants to be told; who has none is told as their organisation does it.

    `quiet_hours` is a line of core/quiet_hours.py, empty for none at all, null for those of the organisation.
    """

    class Way(models.TextChoices):
        PUSH = "push", _("On my devices, by mail where none of them can be reached")
        MAIL = "mail", _("By mail")

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    way = models.CharField(max_length=10, choices=Way, default=Way.PUSH)
    quiet_hours = models.CharField(max_length=60, null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject"], name="reach_one_preference_per_person")]
