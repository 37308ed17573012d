"""PolicyVersion: a tenant's policy, never changed, only followed by the next version."""

from django.db import models

from authsvc.seals.rows import SealedRow


class PolicyVersion(SealedRow):
    """One published version; `digest` is stamped into every decision (S5.2-03)."""

    number = models.PositiveIntegerField()
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    published_by = models.CharField(max_length=120, blank=True)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "number"], name="policy_number_once")]

    def __str__(self) -> str:
        return f"version {self.number}"
