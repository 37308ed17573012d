"""Transaction, Capture, SealedSample, Outgoing and AttemptCounter."""

from typing import Any, Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from authsvc.assurance.evidence import Proven
from authsvc.clients.models import RelyingParty
from authsvc.core.ids import new_id
from authsvc.devices.models import Device
from authsvc.seals.rows import SealedRow
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import TenantOwned
from authsvc.transactions.records import Handoff

# As management/attempts/outcome.py asks: what an index holds alone needs no look at the rows.
_ENDED_REFUSED: Final = ~Q(refused_for="") & (
    Q(state__in=("cancelled", "expired")) | Q(decided_at__isnull=True)
)


class Transaction(SealedRow):
    """One enrolment, sign-in, binding, recovery, renewal or entry to the own page, tied by a random id.

    Or a session of liveness (W5), which has no subject and no passkey. See S6.4-01.
    """

    class Kind(models.TextChoices):
        AUTHENTICATE = "authenticate", _("Sign in")
        ENROL = "enrol", _("Enrol")
        BIND = "bind", _("Add a passkey")
        OWN_PAGE = "own-page", _("Open the own page")
        RECOVER = "recover", _("Recover")
        RENEW = "renew", _("Renew the face")
        LIVENESS = "liveness", _("Liveness for a site")

    class State(models.TextChoices):
        OPEN = "open", _("Opened")
        PROVEN = "proven", _("Device proven")
        CHALLENGED = "challenged", _("Challenge issued")
        SUBMITTED = "submitted", _("Sample received")
        DECIDED = "decided", _("Accepted")
        CONSUMED = "consumed", _("Used")
        CANCELLED = "cancelled", _("Cancelled")
        EXPIRED = "expired", _("Expired")

    # What a new passkey proves, which is pending until that is finished.
    MAKING = (Kind.ENROL, Kind.RECOVER)

    # What a worker keeps a template of, which counts once that is finished.
    KEEPING = (Kind.ENROL, Kind.RENEW)

    # What has no way on without the face.
    FACE_ONLY = (Kind.BIND, Kind.RENEW, Kind.LIVENESS)

    # Of what a worker may leave something for the agent to keep, before it is finished.
    LEAVING = (Kind.ENROL, Kind.RENEW, Kind.BIND)

    WITHOUT_CAMERA = (Kind.OWN_PAGE, Kind.RECOVER)

    # What a second device may take over (workflow W2).
    HANDED_ON = (Kind.AUTHENTICATE, Kind.ENROL)

    # In which something may be shown to a camera.
    BEFORE_THE_CAMERA = (State.PROVEN, State.CHALLENGED)

    LEFT = (State.CANCELLED, State.EXPIRED)
    ENDED = (State.CONSUMED, *LEFT)

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    kind = models.CharField(max_length=15, choices=Kind)
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    client = models.ForeignKey(RelyingParty, null=True, on_delete=models.CASCADE, related_name="+")
    request = models.JSONField(default=dict, help_text="What was asked; frozen at opening.")
    subject = models.ForeignKey(Subject, null=True, on_delete=models.CASCADE, related_name="transactions")
    device = models.ForeignKey(Device, null=True, on_delete=models.SET_NULL, related_name="+")
    browser_digest = models.CharField(
        max_length=64,
        help_text="SHA-256 of the initiator's cookie, who is the agent too where there is no other.",
    )
    agent_digest = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="The same of a phone that took it over.",
    )
    agent_path = models.CharField(
        max_length=300, blank=True, default="", db_default="", help_text="Where that phone goes at the end."
    )
    stored_handoff = models.JSONField(db_column="handoff", null=True, help_text="Read by `handoff`.")
    session_key = models.JSONField(null=True, help_text="The agent's public key for this transaction.")
    webauthn_nonce = models.BinaryField(null=True)
    webauthn_state = models.JSONField(null=True)
    stored_evidence = models.JSONField(db_column="evidence", default=dict, help_text="Read by `evidence`.")
    face_closed = models.BooleanField(default=False, help_text="No further capture in this transaction.")
    continue_path = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    refused_for = models.CharField(
        max_length=80,
        blank=True,
        default="",
        db_default="",
        help_text="Why it was last refused, by its code.",
    )
    level = models.CharField(
        max_length=4, blank=True, default="", db_default="", help_text="The level of a sign-in handed over."
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["expires_at"],
                # As authsvc/tenancy/open_work.py asks.
                condition=Q(state__in=("open", "proven", "challenged", "submitted", "decided")),
                name="transaction_running",
            ),
            models.Index(fields=["ended_at"], name="transaction_ended"),
            models.Index(
                fields=["ended_at"], condition=Q(subject__isnull=True), name="transaction_of_nobody"
            ),
            models.Index(fields=["tenant", "-created_at"]),
            models.Index(fields=["tenant", "subject", "-created_at"]),
            # What the portal's list is filtered by, each in the order of the list.
            models.Index(fields=["tenant", "client", "-created_at"], name="transaction_by_party"),
            models.Index(
                fields=["tenant", "kind", "-created_at"],
                condition=~Q(kind="authenticate"),
                name="transaction_by_kind",
            ),
            models.Index(
                fields=["tenant", "level", "-created_at"], condition=~Q(level=""), name="transaction_by_level"
            ),
            models.Index(
                fields=["tenant", "-created_at"],
                condition=_ENDED_REFUSED,
                name="transaction_ended_refused",
            ),
            models.Index(
                fields=["tenant", "client", "-created_at"],
                condition=_ENDED_REFUSED,
                name="transaction_refused_at_party",
            ),
            models.Index(
                fields=["tenant", "refused_for", "-created_at"],
                condition=~Q(refused_for=""),
                name="transaction_by_reason",
            ),
            models.Index(
                fields=["tenant", "-created_at"],
                condition=Q(state__in=("cancelled", "expired"), refused_for=""),
                name="transaction_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def evidence(self) -> Proven:
        """What has been proven so far; raises NotARecord for a row that was tampered with."""
        return Proven.from_json(self.stored_evidence)

    @evidence.setter
    def evidence(self, proven: Proven) -> None:
        self.stored_evidence = proven.to_json()

    @property
    def handoff(self) -> Handoff | None:
        """How far it is handed on to a second device, None where nobody asked for that; raises NotARecord."""
        return Handoff.from_json(self.stored_handoff) if self.stored_handoff else None

    @handoff.setter
    def handoff(self, handoff: Handoff) -> None:
        self.stored_handoff = handoff.to_json()

    @property
    def handed_over(self) -> bool:
        """Whether a second device is the agent."""
        return bool(self.agent_digest)

    @property
    def agents_way_on(self) -> str:
        """The path to which the agent goes at the end; only the initiator's takes a result."""
        return self.agent_path if self.handed_over else self.continue_path

    @property
    def proven_by_passkey(self) -> Any:
        """The evidence without the face, which the worker signs itself: what the row's seal speaks of."""
        stored = self.stored_evidence
        if not isinstance(stored, dict):
            return stored
        return {name: value for name, value in stored.items() if name != "face"}


class Capture(TenantOwned):
    """One challenge and the one sample that may answer it."""

    class State(models.TextChoices):
        ISSUED = "issued", _("Challenge issued")
        SUBMITTED = "submitted", _("Sample received")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")
        AGAIN = "again", _("Asked again")
        EXPIRED = "expired", _("Expired")

    # What a challenge asks for that asks for no picture: that a reference be sent to the phone.
    REFERENCE = "reference"

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    transaction = models.ForeignKey(Transaction, on_delete=models.CASCADE, related_name="captures")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=State, default=State.ISSUED)
    challenge = models.JSONField()
    challenge_word = models.BinaryField(null=True, editable=False, help_text="The web drew it: its word.")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    deadline = models.DateTimeField(null=True, help_text="Without a verdict by then it is refused.")
    sample_digest = models.CharField(max_length=64, blank=True)
    charged = models.BooleanField(default=False, help_text="A match try of the subject is reserved for it.")
    verdict = models.TextField(blank=True, help_text="The worker's signed verdict, a compact JWS.")
    reason = models.CharField(max_length=80, blank=True)
    hint = models.CharField(max_length=20, blank=True)
    offered_to = models.JSONField(null=True, help_text="Ids of the sample keys that were offered for it.")
    judge = models.CharField(
        max_length=24, blank=True, default="", db_default="", help_text="The one of them that opens it."
    )
    decided_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True, help_text="When a worker last began to judge it.")
    sent_again_at = models.DateTimeField(null=True, help_text="When its message was sent a second time.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transaction", "number"], name="capture_number_once"),
        ]
        indexes = [
            models.Index(fields=["deadline"], condition=Q(state="submitted"), name="capture_waiting"),
            models.Index(
                fields=["tenant", "issued_at"],
                condition=Q(state__in=("issued", "submitted")),
                name="capture_open",
            ),
        ]

    @property
    def releases(self) -> bool:
        """Whether it asks for a share and no picture, so that the reference is sent to the phone."""
        return bool(self.challenge.get("asks") == self.REFERENCE)


class SealedSample(TenantOwned):
    """The ciphertext that an agent uploaded: deleted with the verdict, and unreadable here at any time.

    On PostgreSQL the table is not logged: no replica and no backup has a sample (docs/adr/0271).
    """

    capture = models.OneToOneField(Capture, primary_key=True, on_delete=models.CASCADE, related_name="sample")
    body = models.BinaryField()
    received_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["received_at"])]


class Outgoing(TenantOwned):
    """What a worker leaves for the one agent of a capture: sealed to it, fetched once, and gone in a minute.

    On PostgreSQL the table is not logged, as that of the samples (docs/adr/0370).
    """

    capture = models.OneToOneField(
        Capture, primary_key=True, on_delete=models.CASCADE, related_name="outgoing"
    )
    body = models.BinaryField(help_text="A compact JWE; docs/protocol.md section 6.")
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"])]


class AttemptCounter(TenantOwned):
    """A subject's consecutive failed face tries (S9.2-07); `in_flight` are reserved and undecided."""

    subject = models.OneToOneField(Subject, on_delete=models.CASCADE, related_name="face_attempts")
    failures = models.PositiveSmallIntegerField(default=0)
    in_flight = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    disabled = models.BooleanField(default=False)
