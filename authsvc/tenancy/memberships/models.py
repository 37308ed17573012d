"""Membership, what lets a user into a tenant."""

from django.conf import settings
from django.db import models

from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role


class Membership(models.Model):
    """A user's role in a tenant.

    Not scoped to a tenant like other rows: it is read before any scope is entered, to decide which one
    a user may enter.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)
    seal = models.BinaryField(null=True, editable=False, help_text="The portal’s word (authsvc/seals).")

    class Meta:
        # The portal's accounts made the table.
        db_table = "accounts_membership"
        constraints = [models.UniqueConstraint(fields=["user", "tenant"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.role} of {self.tenant}"
