"""The host names that tenants have of their own."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from authsvc.core.ids import new_secret
from authsvc.tenancy.models import Tenant


class Host(models.Model):
    """A host name of a tenant's own.

    Not scoped to a tenant like other rows: it is read by its name before any scope is entered, to decide
    whose a request is. Every reader asks whether it is believed (`places.py`).
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Asked for")
        LIVE = "live", _("In use")
        LEFT = "left", pgettext_lazy("a host", "Left")

    host = models.CharField(max_length=253, unique=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    challenge = models.CharField(
        max_length=43, default=new_secret, editable=False, help_text="What the host has to answer; public."
    )
    rp_id = models.CharField(
        max_length=253, blank=True, help_text="RP ID of the tenant's passkeys since it went live here."
    )
    asked_by = models.CharField(max_length=254)
    asked_at = models.DateTimeField()
    live_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    seal = models.BinaryField(null=True, editable=False, help_text="The portal’s word (authsvc/seals).")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=Q(state="live"), name="host_one_live_a_tenant"
            )
        ]
        indexes = [models.Index(fields=["rp_id"], name="host_by_rp_id")]

    def __str__(self) -> str:
        return self.host
