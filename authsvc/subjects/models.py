"""Subject, a person; the words that they are found by; and Amendment, what is to change about them."""

import secrets
import uuid
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from authsvc.core.ids import new_id
from authsvc.core.words import LONGEST, words
from authsvc.seals.rows import SealedRow
from authsvc.tenancy.models import TenantOwned


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
        SUSPENDED = "suspended", _("Suspended")
        CLOSED = "closed", _("Erased")

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
        indexes = [
            # As the portal lists them.
            models.Index(fields=["tenant", "name", "id"], name="subject_by_name"),
            models.Index(fields=["tenant", "status", "name", "id"], name="subject_by_status"),
            models.Index(fields=["tenant", "-created_at", "-id"], name="subject_by_age"),
        ]

    def __str__(self) -> str:
        return self.name or str(_("Erased person"))

    @property
    def has_face(self) -> bool:
        """Whether a biometric reference exists for the person."""
        return bool(self.reference)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row, and the words that a new person is found by."""
        is_new = self._state.adding
        super().save(*args, **kwargs)
        if is_new:
            Word.objects.bulk_create([Word(subject=self, word=word) for word in words_of(self)])

    def keep_words(self) -> None:
        """Store the words that the person is found by, in the place of those from before."""
        Word.objects.filter(subject=self).delete()
        Word.objects.bulk_create([Word(subject=self, word=word) for word in words_of(self)])


class Word(TenantOwned):
    """What a person is found by: a word of their name, address or number as `core/words.py` folds it."""

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+", db_index=False)
    word = models.CharField(max_length=LONGEST)

    class Meta:
        constraints = [
            # Found by the beginning of a word, in the order of words.
            models.UniqueConstraint(fields=["tenant", "word", "subject"], name="subject_word_once"),
            models.UniqueConstraint(fields=["subject", "word"], name="subject_words"),
        ]

    def __str__(self) -> str:
        return self.word


def words_of(subject: Subject) -> list[str]:
    """Return the words that a person is found by."""
    email = subject.claims.get("email", "")
    return words(subject.name, subject.external_id, email if isinstance(email, str) else "")


class Amendment(SealedRow):
    """What the portal wants another of a person who has a face: scheduled work takes it over in seconds.

    The portal's key vouches for no row that names a face, so that it gives nobody another's (ADR 0265, 0465).
    What is null, or "" of the status, stays as it is.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    subject = models.OneToOneField(Subject, on_delete=models.CASCADE, related_name="amendment")
    name = models.CharField(max_length=120, null=True)
    external_id = models.CharField(max_length=120, null=True)
    claims = models.JSONField(null=True)
    status = models.CharField(max_length=10, choices=Subject.Status, blank=True)
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"amendment of {self.asked_at:%Y-%m-%d}"

    @property
    def changes(self) -> dict[str, Any]:
        """The columns of the person that change, with what they become."""
        wanted = {"name": self.name, "external_id": self.external_id, "claims": self.claims}
        said = {name: value for name, value in wanted.items() if value is not None}
        return {**said, **({"status": self.status} if self.status else {})}
