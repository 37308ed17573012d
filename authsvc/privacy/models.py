"""ConsentReceipt, what a person was shown and agreed to; Need, what spares them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

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


class Need(SealedRow):
    """What a person needs when their face is checked, as they said themselves or an administrator for them.

    It says something of their health: it is kept for this alone, shown to nobody but them and their
    organisation's administrators, told to no relying party, and deleted when it is taken back.
    """

    class Kind(models.TextChoices):
        NO_LIGHT = "no-light", _("No changing light")

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="needs")
    kind = models.CharField(max_length=20, choices=Kind)
    by_person = models.BooleanField(help_text="Whether they said so themselves.")
    set_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "kind"], name="need_once")]
