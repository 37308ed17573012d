"""PeopleProvider, at which an organisation's people sign in to enrol; Arrival, whom it knows by `sub`."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from authsvc.core.ids import new_id
from authsvc.seals.rows import SealedRow
from authsvc.subjects.models import Subject


class PeopleProvider(SealedRow):
    """A tenant's own OpenID provider, and the rule of who may enrol by its word; a tenant has one at most.

    Without `everybody` the claim `gate_claim` must have one of `gate_values`. `acr_values` are those of which
    an ID token must have one, where any are named; `max_age` is how many minutes ago the sign-in there may
    be, 0 for any time. Without `newcomers` only people whom the organisation has entered may enrol, known by
    `external_id_claim`, which is empty where the provider says nobody's number.
    """

    class Email(models.TextChoices):
        LEFT = "left", _("Do not take it")
        TAKEN = "taken", _("Take it where the provider has verified it")
        NEEDED = "needed", _("Nobody enrols without a verified one")

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    name = models.CharField(max_length=60)
    issuer = models.CharField(max_length=500)
    client_id = models.CharField(max_length=200)
    scopes = models.CharField(max_length=200, default="openid profile email")
    external_id_claim = models.CharField(max_length=200, blank=True)
    name_claim = models.CharField(max_length=200, default="name")
    email = models.CharField(max_length=10, choices=Email, default=Email.TAKEN)
    everybody = models.BooleanField(default=False)
    gate_claim = models.CharField(max_length=200, blank=True)
    gate_values = models.JSONField(default=list)
    acr_values = models.JSONField(default=list)
    max_age = models.PositiveIntegerField(default=0, help_text="In minutes; 0 for any.")
    newcomers = models.BooleanField(default=False)
    enabled = models.BooleanField(default=False)
    sealed_secret = models.BinaryField(null=True, help_text="Opened by web alone, for this issuer alone.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="people_provider_once")]

    def __str__(self) -> str:
        return self.name


class Arrival(SealedRow):
    """Whom a tenant's provider knows by `sub`, and which person that is; forgotten when they are erased."""

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    issuer = models.CharField(max_length=500)
    sub = models.CharField(max_length=255)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="arrivals")
    came_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "issuer", "sub"], name="arrival_once"),
            models.UniqueConstraint(fields=["subject", "issuer"], name="arrival_of_a_person_once"),
        ]

    def __str__(self) -> str:
        return f"arrival of {self.came_at:%Y-%m-%d}"
