"""RelyingParty and its secrets."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from authsvc.core.ids import new_id
from authsvc.seals.rows import SealedRow


def default_scopes() -> list[str]:
    """Return what a relying party may ask for unless its administrator says otherwise."""
    return ["openid", "profile", "email", "address", "phone"]


class RelyingParty(SealedRow):
    """A partner site registered with a tenant; an OpenID Connect client.

    Fields carry the names of RFC 7591 and of OpenID Connect Dynamic Client Registration where these
    have one; an empty algorithm means unsigned or unencrypted.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        REMOVED = "removed", _("Deleted")

    class Authentication(models.TextChoices):
        BASIC = "client_secret_basic", _("Client secret in the header")
        POST = "client_secret_post", _("Client secret in the body")
        PRIVATE_KEY_JWT = "private_key_jwt", _("Signed assertion")
        TLS = "tls_client_auth", _("Certificate of a known authority")
        SELF_SIGNED_TLS = "self_signed_tls_client_auth", _("Self-signed certificate")
        NONE = "none", _("None (public client with PKCE)")

    class Profile(models.TextChoices):
        STANDARD = "", "OpenID Connect"
        FAPI2 = "fapi2", "FAPI 2.0 Security Profile and Message Signing"

    class BackchannelMode(models.TextChoices):
        NONE = "", _("Not used")
        POLL = "poll", _("Poll: it asks for the result")
        PING = "ping", _("Ping: it is called when there is a result")

    class AccessTokenFormat(models.TextChoices):
        JWT = "jwt", _("JWT (RFC 9068)")
        OPAQUE = "opaque", _("Opaque")

    # Who it is.
    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    client_id = models.CharField(max_length=120, default=new_id)
    name = models.CharField(max_length=120)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    first_party = models.BooleanField(default=True, help_text="The tenant's own; no consent is asked.")
    client_uri = models.URLField(max_length=500, blank=True)
    logo_uri = models.URLField(max_length=500, blank=True)
    policy_uri = models.URLField(max_length=500, blank=True)
    tos_uri = models.URLField(max_length=500, blank=True)
    contacts = models.JSONField(default=list, blank=True)
    initiate_login_uri = models.URLField(max_length=500, blank=True)
    purpose = models.CharField(max_length=300, blank=True, help_text="Shown to people: why you ask.")

    # Where people return to.
    redirect_uris = models.JSONField(default=list)
    post_logout_redirect_uris = models.JSONField(default=list, blank=True)
    request_uris = models.JSONField(default=list, blank=True)

    # How it proves itself.
    profile = models.CharField(max_length=10, choices=Profile, default=Profile.STANDARD, blank=True)
    token_endpoint_auth_method = models.CharField(
        max_length=40, choices=Authentication, default=Authentication.BASIC
    )
    token_endpoint_auth_signing_alg = models.CharField(max_length=10, blank=True)
    jwks = models.JSONField(null=True, blank=True)
    jwks_uri = models.URLField(max_length=500, blank=True)
    tls_client_auth_subject_dn = models.CharField(max_length=500, blank=True)

    # What it may ask for, and how.
    scopes = models.JSONField(default=default_scopes)
    offline_access = models.BooleanField(default=False, help_text="It may receive refresh tokens.")
    require_pushed_authorization_requests = models.BooleanField(default=False)
    require_signed_request_object = models.BooleanField(default=False)
    request_object_signing_alg = models.CharField(max_length=10, blank=True)
    default_max_age = models.PositiveIntegerField(null=True, blank=True)
    default_acr_values = models.JSONField(default=list, blank=True)
    floor_level = models.CharField(max_length=4, default="L1", help_text="The least assurance it ever gets.")
    face_offered = models.BooleanField(default=True)
    # What requiring the face stands on (settings/justification.py).
    justification = models.JSONField(default=dict, blank=True, help_text="Why remote face (S5.3-01).")

    # Sign-ins that it starts without a browser (CIBA).
    backchannel_token_delivery_mode = models.CharField(
        max_length=10, choices=BackchannelMode, default=BackchannelMode.NONE, db_default="", blank=True
    )
    backchannel_client_notification_endpoint = models.URLField(
        max_length=500, default="", db_default="", blank=True
    )
    backchannel_authentication_request_signing_alg = models.CharField(
        max_length=10, default="", db_default="", blank=True
    )

    # What it receives.
    subject_type = models.CharField(max_length=10, default="pairwise")
    sector = models.CharField(max_length=255, blank=True, help_text="Host of its pairwise identifiers.")
    sector_identifier_uri = models.URLField(max_length=500, blank=True)
    access_token_format = models.CharField(
        max_length=10, choices=AccessTokenFormat, default=AccessTokenFormat.OPAQUE
    )
    dpop_bound_access_tokens = models.BooleanField(default=False)
    tls_client_certificate_bound_access_tokens = models.BooleanField(default=False)
    id_token_signed_response_alg = models.CharField(max_length=10, default="RS256")
    id_token_encrypted_response_alg = models.CharField(max_length=20, blank=True)
    id_token_encrypted_response_enc = models.CharField(max_length=20, blank=True)
    userinfo_signed_response_alg = models.CharField(max_length=10, blank=True)
    userinfo_encrypted_response_alg = models.CharField(max_length=20, blank=True)
    userinfo_encrypted_response_enc = models.CharField(max_length=20, blank=True)
    authorization_signed_response_alg = models.CharField(max_length=10, blank=True)

    # How it hears of the end of a session.
    backchannel_logout_uri = models.URLField(max_length=500, blank=True)
    backchannel_logout_session_required = models.BooleanField(default=False)
    frontchannel_logout_uri = models.URLField(max_length=500, blank=True)
    frontchannel_logout_session_required = models.BooleanField(default=False)

    # Settings without a column of their own (fields.py), by name.
    extra = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()), blank=True)

    # Where it came from.
    registration_digest = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of its registration access token (RFC 7592)."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "client_id"], name="client_id_once")]
        indexes = [models.Index(fields=["tenant", "name", "id"], name="client_by_name")]

    known_secrets: "list[ClientSecret]"
    """Its secrets, of one that came from directory.py."""

    def __str__(self) -> str:
        return self.name

    @property
    def is_fapi2(self) -> bool:
        """Whether the FAPI 2.0 profiles bind this relying party."""
        return self.profile == self.Profile.FAPI2

    @property
    def is_public(self) -> bool:
        """Whether it holds no credential and so relies on PKCE alone."""
        return self.token_endpoint_auth_method == self.Authentication.NONE

    @property
    def uses_secret(self) -> bool:
        """Whether it authenticates with a shared secret."""
        return self.token_endpoint_auth_method in {self.Authentication.BASIC, self.Authentication.POST}

    def inline_keys(self) -> list[dict[str, Any]]:
        """Return the public keys that were registered by value."""
        return list((self.jwks or {}).get("keys", []))


class ClientSecret(SealedRow):
    """One of a relying party's overlapping secrets; only its SHA-256 is kept."""

    relying_party = models.ForeignKey(RelyingParty, on_delete=models.CASCADE, related_name="secrets")
    digest = models.CharField(max_length=64)
    hint = models.CharField(max_length=8, help_text="Its last four characters.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
