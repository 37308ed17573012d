"""ConsentReceipt, what a person was shown and agreed to; Need, what spares them; Dispute, their objection."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from authsvc.core.clock import now
from authsvc.core.ids import new_id
from authsvc.seals.rows import SealedRow
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import TenantOwned


class ConsentReceipt(SealedRow):
    """A stored, versioned receipt of explicit consent to one purpose; it ends within twelve months."""

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=40, default="face-authentication")
    notice_version = models.CharField(max_length=64)
    notice = models.JSONField(help_text="The notice exactly as it was shown.")
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "subject", "purpose"]),
            models.Index(fields=["expires_at"], name="consent_over"),
        ]


class Need(SealedRow):
    """What a person needs when their face is checked, as they said themselves or an administrator for them.

    It says something of their health: it is kept for this alone, shown to nobody but them and their
    organisation's administrators, told to no relying party, and deleted when it is taken back.
    """

    class Kind(models.TextChoices):
        NO_LIGHT = "no-light", _("No changing light")
        NO_TURN = "no-turn", _("No turning of the head")

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="needs")
    kind = models.CharField(max_length=20, choices=Kind)
    by_person = models.BooleanField(help_text="Whether they said so themselves.")
    set_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "kind"], name="need_once")]


class Dispute(TenantOwned):
    """What a person objects to: a decision about them, or what is known of them; a human answers (S10-06).

    `attempt` is the attempt that it is about, "" for none. It decides nothing, and so has no seal.
    """

    class Kind(models.TextChoices):
        REFUSED = "refused", _("Refused though it was them")
        LET_IN = "let-in", _("Somebody else was let in as them")
        WRONG_DATA = "wrong-data", _("Something known of them is wrong")
        OTHER = "other", _("Something else")

    class Outcome(models.TextChoices):
        WAITING = "", _("Waits for an answer")
        UPHELD = "upheld", _("Right: it was mended")
        REJECTED = "rejected", _("Looked into: it stays")

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="disputes")
    kind = models.CharField(max_length=12, choices=Kind)
    attempt = models.CharField(max_length=24, blank=True)
    said = models.CharField(max_length=1000)
    opened_at = models.DateTimeField()
    opened_by_name = models.CharField(max_length=254)
    due_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    answer = models.CharField(max_length=1000, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by_name = models.CharField(max_length=254, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "subject", "-opened_at"], name="dispute_of_person"),
            models.Index(fields=["opened_at"], name="dispute_over"),
        ]

    def __str__(self) -> str:
        return f"dispute of {self.opened_at:%Y-%m-%d}"

    @property
    def is_late(self) -> bool:
        """Whether nobody has answered in time."""
        return not self.outcome and self.due_at < now()
