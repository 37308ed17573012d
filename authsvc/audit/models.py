"""One row an event, and one head row a tenant that serialises the chain."""

from django.db import models

from authsvc.audit.tags import Tag
from authsvc.tenancy.models import TenantOwned


class AuditHead(TenantOwned):
    """The last sequence number and hash of a tenant's chain; its row lock orders the writers."""

    sequence = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="audit_one_head_per_tenant")]


class AuditEvent(TenantOwned):
    """What happened, chained to the event before it; a trigger refuses every change and deletion."""

    sequence = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    tag = models.CharField(max_length=60)
    actor = models.CharField(max_length=120, blank=True)
    transaction = models.CharField(max_length=64, blank=True)
    client = models.CharField(max_length=120, blank=True)
    subject = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=80, blank=True)
    details = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["sequence"]
        constraints = [models.UniqueConstraint(fields=["tenant", "sequence"], name="audit_sequence_once")]
        indexes = [
            models.Index(fields=["tenant", "transaction"]),
            models.Index(fields=["tenant", "tag", "-sequence"]),
            models.Index(fields=["tenant", "-at"]),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.tag}"

    @property
    def words(self) -> str:
        """What happened, in plain words; empty for an event that this release no longer knows."""
        return str(next((tag.words for tag in Tag if tag == self.tag), ""))
