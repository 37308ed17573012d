"""Subject: a person."""

import secrets
import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from authsvc.seals.rows import SealedRow


def new_user_handle() -> bytes:
    """Return a random WebAuthn user handle that says nothing about the person (WebAuthn section 14.6.1)."""
    return secrets.token_bytes(32)


class Subject(SealedRow):
    """A person that a tenant lets sign in.

    `reference` is the pseudonym under which the vault holds the biometric reference, and
    `reference_version` the version that must be found there: an older row put back is noticed (S8.1-05).
    `reference_moments` are the captures that it is made of and when they were taken, null in rows of a
    release that knew of one alone.
    """

    class Status(models.TextChoices):
        INVITED = "invited", _("Invited")
        ACTIVE = "active", _("Active")
        CLOSED = "closed", _("Closed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    external_id = models.CharField(
        max_length=120, blank=True, help_text="Your own number or name for this person."
    )
    claims = models.JSONField(default=dict, blank=True, help_text="Standard OpenID Connect claims.")
    status = models.CharField(max_length=10, choices=Status, default=Status.INVITED)
    user_handle = models.BinaryField(default=new_user_handle, max_length=64)
    reference = models.CharField(max_length=24, blank=True)
    reference_version = models.PositiveIntegerField(default=0)
    reference_moments = models.JSONField(null=True, help_text="Read by vault/ageing.py.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user_handle"], name="subject_user_handle_once"),
            models.UniqueConstraint(
                fields=["tenant", "external_id"],
                condition=~models.Q(external_id=""),
                name="subject_external_id_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_face(self) -> bool:
        """Whether a biometric reference exists for the person."""
        return bool(self.reference)
