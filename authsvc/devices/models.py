"""Device: one passkey."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from authsvc.core.ids import new_id
from authsvc.seals.rows import SealedRow
from authsvc.subjects.models import Subject


class Device(SealedRow):
    """A passkey bound to a subject."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Enrolment not finished")
        ACTIVE = "active", _("Active")
        REVOKED = "revoked", _("Revoked")

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="devices")
    credential_id = models.CharField(max_length=400, help_text="base64url")
    public_key = models.BinaryField(help_text="COSE key")
    aaguid = models.UUIDField(null=True)
    sign_count = models.PositiveBigIntegerField(default=0)
    syncable = models.BooleanField(default=False, help_text="Backup-eligible: its maker may copy it (swk).")
    attested = models.BooleanField(default=False)
    share_kind = models.CharField(max_length=10, blank=True, help_text="prf or browser")
    receiving_key = models.JSONField(
        null=True,
        help_text="The phone's own public P-256 JWK, by which it gets references to compare.",
    )
    simulated = models.BooleanField(default=False)
    name = models.CharField(max_length=80, default="Passkey")
    recovered = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Made with a recovery code: it earns L1, until it is enrolled.",
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "subjects_device"  # named when a device was still a part of the subjects' application
        constraints = [
            models.UniqueConstraint(fields=["tenant", "credential_id"], name="device_credential_once"),
        ]
        indexes = [
            # Counted by it: of how many people something is said when the address moves.
            models.Index(
                fields=["tenant", "share_kind"], condition=models.Q(status="active"), name="device_active"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key_kind(self) -> str:
        """`hwk` for a key that an attestation proved to be hardware and that cannot be copied (RFC 8176).

        Every other is `swk`, and so is what the software phone says of itself.
        """
        return "hwk" if self.attested and not (self.syncable or self.simulated) else "swk"
