"""EnrolmentLink, RecoveryCodes, and PeopleImport, a table of people with its lines."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from authsvc.core.clock import now
from authsvc.core.ids import new_id
from authsvc.seals.kinds import BY_PROVIDER
from authsvc.seals.rows import SealedRow
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import TenantOwned

DESK_LINK_LIFE = timedelta(minutes=5)
"""Of a link for a person who is here: they read and agree at the desk, and go on with their phone (W2)."""


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
        indexes = [
            models.Index(fields=["tenant", "subject", "-created_at"]),
            models.Index(fields=["expires_at"], name="link_over"),
        ]

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

    @property
    def is_by_provider(self) -> bool:
        """Whether web made it, for somebody who came from their organisation's own provider."""
        return self.created_by == BY_PROVIDER

    @property
    def is_for_desk(self) -> bool:
        """Whether it was made for a person who is here."""
        return self.expires_at - self.created_at <= DESK_LINK_LIFE


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


class PeopleImport(SealedRow):
    """A table of people that an administrator sent: judged line by line, and carried out once they say so.

    `digest` is the SHA-256 over its lines, so that what is carried out is what was shown; `way` is how each
    is invited, `taken_at` when the links were last taken away. Every line is forgotten within days.
    """

    class State(models.TextChoices):
        CHECKED = "checked", _("Not begun")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")

    class Way(models.TextChoices):
        MAIL = "mail", _("Mail each of them their link")
        LINK = "link", _("Make the links, to give on myself")

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    name = models.CharField(max_length=120)
    content = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    encoding = models.CharField(max_length=20)
    left_out = models.JSONField(default=list)
    made_by = models.UUIDField(null=True)
    made_by_name = models.CharField(max_length=254)
    made_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.CHECKED)
    way = models.CharField(max_length=10, choices=Way, blank=True)
    moved_at = models.DateTimeField(null=True)
    why_stopped = models.CharField(max_length=20, blank=True)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "-made_at"], name="import_newest"),
            models.Index(fields=["made_at"], name="import_over"),
        ]

    def __str__(self) -> str:
        return self.name


class ImportLine(TenantOwned):
    """A line of a table of people: what it says, what is to be done, and what was.

    `sealed_link` is the enrolment link that was made for them, under the portal's key, until it is over.
    """

    class Verdict(models.TextChoices):
        NEW = "new", _("New")
        THERE = "there", _("Already there")
        WRONG = "wrong", _("Wrong")

    class Outcome(models.TextChoices):
        WAITING = "", _("Not done")
        MAILED = "mailed", _("Entered, link mailed")
        LINKED = "linked", _("Entered, link made")
        THERE = "there", _("Already there")
        FAILED = "failed", _("Not entered")

    table = models.ForeignKey(PeopleImport, on_delete=models.CASCADE, related_name="lines", db_index=False)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    email = models.CharField(max_length=254, blank=True)
    claims = models.JSONField(default=dict)
    verdict = models.CharField(max_length=10, choices=Verdict)
    problem = models.CharField(max_length=20, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    subject = models.ForeignKey(Subject, on_delete=models.SET_NULL, null=True, related_name="+")
    sealed_link = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["table", "number"], name="import_line_once")]

    def __str__(self) -> str:
        return f"line {self.number}"
