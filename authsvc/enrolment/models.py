"""EnrolmentLink and RecoveryCodes."""

from django.db import models

from authsvc.core.clock import now
from authsvc.core.ids import new_id
from authsvc.seals.rows import SealedRow
from authsvc.subjects.models import Subject


class EnrolmentLink(SealedRow):
    """An invitation that an administrator made; only the SHA-256 of its token is kept."""

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="enrolment_links")
    digest = models.CharField(max_length=64, unique=True)
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "subject", "-created_at"])]

    def __str__(self) -> str:
        return f"link of {self.created_at:%Y-%m-%d}"

    @property
    def state(self) -> str:
        """One of `open`, `used`, `revoked`, `expired`."""
        if self.used_at is not None:
            return "used"
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= now() else "open"


class RecoveryCodes(SealedRow):
    """A person's recovery codes that were not used yet; of each only its SHA-256 is kept.

    `beginning` is what all of them begin with: it says whose they are, and opens nothing.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    subject = models.OneToOneField(Subject, on_delete=models.CASCADE, related_name="recovery_codes")
    beginning = models.CharField(max_length=8)
    digests = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "beginning"], name="recovery_codes_by_beginning"),
        ]

    def __str__(self) -> str:
        return f"codes of {self.made_at:%Y-%m-%d}"

    @property
    def left(self) -> int:
        """How many were not used yet."""
        return len(self.digests)
