"""What administrators ask for, draft, have read, have checked, and filter lists by."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from authsvc.core.clock import now
from authsvc.core.ids import new_id
from authsvc.seals.rows import SealedRow
from authsvc.tenancy.models import TenantOwned

ABOUT_A_PERSON: Final = "people.create_link"
TOLD_BEFORE: Final = timedelta(hours=24)
"""So long whom a request is about can stop it before another may agree."""


class Approval(SealedRow):
    """What somebody asked for, frozen (freezing.py), and what became of it.

    `alone_from` is set where nobody else could agree: from then on who asked may carry it out alone.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        APPROVED = "approved", _("Carried out")
        REFUSED = "refused", _("Refused")
        EXPIRED = "expired", _("Expired")

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    act = models.CharField(max_length=80)
    arguments = models.JSONField()
    digest = models.CharField(max_length=64)
    about = models.CharField(max_length=200, blank=True)
    why = models.CharField(max_length=300)
    asked_by = models.UUIDField()
    asked_by_name = models.CharField(max_length=254)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    alone_from = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    decided_by_name = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "state", "-asked_at"], name="approval_by_state"),
            models.Index(fields=["expires_at"], name="approval_over"),
        ]

    def __str__(self) -> str:
        return f"{self.act} asked by {self.asked_by_name}"

    @property
    def subject_id(self) -> UUID | None:
        """Of a request for a link to a person's account, whose it is; they may stop it."""
        return UUID(self.arguments["subject"]["key"]) if self.act == ABOUT_A_PERSON else None

    @property
    def is_pending(self) -> bool:
        """Whether somebody may still decide."""
        return self.state == self.State.PENDING and self.expires_at > now()

    @property
    def agreed_from(self) -> datetime:
        """From when another may agree: whom it is about was told, and has a day to stop it."""
        return self.asked_at + (TOLD_BEFORE if self.act == ABOUT_A_PERSON else timedelta(0))

    @property
    def may_be_agreed(self) -> bool:
        """Whether another may agree to it by now."""
        return self.is_pending and self.agreed_from <= now()

    @property
    def may_go_alone(self) -> bool:
        """Whether who asked may carry it out without anybody's agreement by now."""
        return self.is_pending and self.alone_from is not None and self.alone_from <= now()


class PolicyDraft(TenantOwned):
    """What a tenant's administrators would have the policy be: one a tenant, and nobody is judged by it.

    `changes` are the parts of the policy that would be others, `parties` settings of relying parties by their
    keys, which live with these; what neither names stays as it is in force. It has no seal: it takes effect
    as a version that the portal seals, of exactly what the administrator who publishes it was shown
    (docs/adr/0481).
    """

    changes = models.JSONField(default=dict)
    parties = models.JSONField(default=dict)
    saved_by = models.CharField(max_length=120)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="policy_one_draft")]
        indexes = [models.Index(fields=["saved_at"], name="policy_draft_old")]

    def __str__(self) -> str:
        return f"draft of {self.saved_by}"


class Read(TenantOwned):
    """That an administrator said they had read something; nobody is let in or judged by it."""

    class What(models.TextChoices):
        POLICY = "policy", _("What sign-ins are judged by")
        RETENTION = "retention", _("How long everything is kept")

    what = models.CharField(max_length=10, choices=What)
    by = models.CharField(max_length=254)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "what"], name="read_once")]

    def __str__(self) -> str:
        return f"{self.what} read by {self.by}"


class LogCheck(TenantOwned):
    """A check of the whole log that somebody asked for: one at a time a tenant (docs/adr/0488).

    `done` of `total` events were looked at by `touched_at`. What was found says `event`, the number of the
    row of an audit event: this row says it to nobody, as it has no seal.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    asked_by_name = models.CharField(max_length=254)
    asked_at = models.DateTimeField()
    touched_at = models.DateTimeField(null=True)
    total = models.PositiveBigIntegerField(default=0)
    done = models.PositiveBigIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    event = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(ended_at__isnull=True), name="log_check_one_open"
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "-asked_at"], name="log_check_newest"),
            models.Index(fields=["asked_at"], name="log_check_old"),
        ]

    def __str__(self) -> str:
        return f"check of {self.asked_by_name}"


class SavedFilter(TenantOwned):
    """Filters of one of the portal's lists under a name that a member gave them; others do not see it.

    `query` is what stands behind the list's address. It says nothing of anybody: what names a person is not
    saved (docs/adr/0435).
    """

    class Of(models.TextChoices):
        ATTEMPTS = "attempts", _("Attempts")
        PEOPLE = "people", _("People")
        AUDIT = "audit", _("Audit log")

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    of = models.CharField(max_length=10, choices=Of)
    saved_by = models.CharField(max_length=254)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "saved_by", "of", "name"], name="saved_filter_once")
        ]
        indexes = [models.Index(fields=["saved_at"], name="saved_filter_old")]

    def __str__(self) -> str:
        return self.name
