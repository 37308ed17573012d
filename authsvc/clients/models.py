"""RelyingParty and its secrets."""

from django.db import models

from authsvc.core.ids import new_id
from authsvc.tenancy.models import TenantOwned


class RelyingParty(TenantOwned):
    """A partner site registered with a tenant; an OpenID Connect client."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        SUSPENDED = "suspended", "Suspended"

    class Authentication(models.TextChoices):
        BASIC = "client_secret_basic", "Client secret in the header"
        POST = "client_secret_post", "Client secret in the body"
        PRIVATE_KEY_JWT = "private_key_jwt", "Signed assertion"
        NONE = "none", "None (public client with PKCE)"

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    client_id = models.CharField(max_length=120, default=new_id)
    name = models.CharField(max_length=120)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    redirect_uris = models.JSONField(default=list)
    post_logout_redirect_uris = models.JSONField(default=list, blank=True)
    token_endpoint_auth_method = models.CharField(
        max_length=40, choices=Authentication, default=Authentication.BASIC
    )
    jwks = models.JSONField(null=True, blank=True)
    scopes = models.JSONField(default=list)
    floor_level = models.CharField(max_length=4, default="L1", help_text="The least assurance it ever gets.")
    face_offered = models.BooleanField(default=True)
    purpose = models.CharField(max_length=300, blank=True, help_text="Shown to people: why you ask.")
    justification = models.JSONField(default=dict, blank=True, help_text="Why remote face (S5.3-01).")
    id_token_signed_response_alg = models.CharField(max_length=10, default="RS256")
    subject_type = models.CharField(max_length=10, default="pairwise")
    sector = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "client_id"], name="client_id_once")]

    def __str__(self) -> str:
        return self.name


class ClientSecret(TenantOwned):
    """One of a relying party's overlapping secrets; only its SHA-256 is kept."""

    relying_party = models.ForeignKey(RelyingParty, on_delete=models.CASCADE, related_name="secrets")
    digest = models.CharField(max_length=64)
    hint = models.CharField(max_length=8, help_text="Its last four characters.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
