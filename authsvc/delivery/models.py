"""Delivery: something that a relying party has to be told."""

from django.db import models
from django.db.models import Q

from authsvc.clients.models import RelyingParty
from authsvc.core.ids import new_id
from authsvc.tenancy.models import TenantOwned


class Delivery(TenantOwned):
    """A call to be made to one relying party; what it says is made when it is sent.

    `about` is the id of what it tells of, `content` what else its kind needs for that: no secret, since
    the row is kept for a week. `due_at` is the time of the next try, null when there is none: delivered,
    given up, or needless by then.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    client = models.ForeignKey(RelyingParty, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    about = models.CharField(max_length=64)
    content = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="delivery_due"),
            models.Index(fields=["about"], name="delivery_about"),
            models.Index(fields=["created_at"], name="delivery_created"),
        ]
