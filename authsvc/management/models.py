"""Approval, an act that waits for the agreement of a second administrator."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from authsvc.core.clock import now
from authsvc.core.ids import new_id
from authsvc.seals.rows import SealedRow

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
        indexes = [models.Index(fields=["tenant", "state", "-asked_at"], name="approval_by_state")]

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
