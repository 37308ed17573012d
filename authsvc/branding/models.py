"""Branding, what a tenant's pages and mails look like."""

from django.db import models

from authsvc.tenancy.models import TenantOwned


class Branding(TenantOwned):
    """A tenant's accent colour and logo; a tenant without a row looks like Visor.

    `logo` is a PNG that was drawn anew here (redraw.py), `logo_digest` its SHA-256, hexadecimal.
    """

    accent = models.CharField(max_length=7, blank=True)
    logo = models.BinaryField(null=True)
    logo_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="branding_once")]

    def __str__(self) -> str:
        return f"look of {self.tenant_id}"
