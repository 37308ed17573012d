"""ConsentReceipt: what a person was shown and agreed to."""

from django.db import models

from authsvc.core.ids import new_id
from authsvc.seals.rows import SealedRow
from authsvc.subjects.models import Subject


class ConsentReceipt(SealedRow):
    """A stored, versioned receipt of explicit consent to face comparison; it ends within twelve months."""

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=40, default="face-authentication")
    notice_version = models.CharField(max_length=64)
    notice = models.JSONField(help_text="The notice exactly as it was shown.")
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "subject", "purpose"])]
