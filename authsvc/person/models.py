"""Visit."""

from django.db import models

from authsvc.devices.models import Device
from authsvc.seals.rows import SealedRow
from authsvc.subjects.models import Subject


class Visit(SealedRow):
    """A person's stay at their own page, after using a passkey for it; only its cookie's digest is kept."""

    digest = models.CharField(max_length=64, unique=True)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+")
    proven_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["proven_at"])]
