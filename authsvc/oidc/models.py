"""Provider options, browser sessions, grants and their tokens, and what has been used up."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.ids import new_id
from authsvc.devices.models import Device
from authsvc.seals.rows import SealedRow
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import TenantOwned


class Provider(SealedRow):
    """What a tenant's provider offers, and the sealed secret that its pairwise identifiers come from."""

    sealed_pairwise_secret = models.BinaryField()
    dynamic_registration = models.BooleanField(default=False)
    open_registration = models.BooleanField(default=False, help_text="Without an initial access token.")
    statement_issuers = models.JSONField(
        default=dict, blank=True, help_text="Whose software statements are trusted: issuer to JWK set."
    )
    sandbox_authenticator = models.BooleanField(
        default=False, help_text="A form in place of the capture page; sandbox tenants only."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="oidc_one_provider_per_tenant")]


class Session(SealedRow):
    """One browser signed in at the provider: who, how strongly, and when (single sign-on).

    The cookie holds a secret, kept as SHA-256. Relying parties see neither it nor `id`, but each a `sid` of
    its own that is made of `id` (offering/provider.py).
    `events` holds, for each level, when it was last reached and by which methods:
    `{"L2": {"at": ISO 8601, "amr": […], "policy": digest, "face": claim or null}}`. Use never raises
    or renews them.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    digest = models.CharField(max_length=64)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    device = models.ForeignKey(Device, null=True, on_delete=models.SET_NULL, related_name="+")
    events = models.JSONField(default=dict)
    authenticated_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "digest"], name="oidc_session_digest_once")]
        indexes = [models.Index(fields=["tenant", "subject"]), models.Index(fields=["authenticated_at"])]


class Grant(SealedRow):
    """What one authorization gave a relying party, and the single-use code that it was handed over by.

    The event's acr, amr and authentication time stay with the grant: every token made from it, also by
    a refresh much later, says the same (oidc.md, traps).
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    client = models.ForeignKey(RelyingParty, on_delete=models.CASCADE, related_name="+")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    session = models.ForeignKey(Session, null=True, on_delete=models.SET_NULL, related_name="grants")
    device = models.ForeignKey(Device, null=True, on_delete=models.SET_NULL, related_name="+")
    transaction = models.CharField(max_length=24, blank=True)
    scope = models.CharField(max_length=200)
    claims = models.JSONField(default=dict, help_text="The `claims` parameter as it was granted.")
    sub = models.CharField(max_length=64)
    sid = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="Its session, as its tokens name it."
    )
    acr = models.CharField(max_length=120)
    amr = models.JSONField(default=list)
    face = models.JSONField(null=True, help_text="The claim `face` of the event; none without one.")
    handoff = models.CharField(
        max_length=10, blank=True, default="", db_default="", help_text="The claim `handoff` of the event."
    )
    policy = models.CharField(max_length=64, blank=True)
    auth_time = models.DateTimeField()
    nonce = models.TextField(blank=True)
    redirect_uri = models.TextField()
    code_challenge = models.CharField(max_length=128, blank=True)
    code_digest = models.CharField(max_length=64)
    code_expires_at = models.DateTimeField()
    code_redeemed_at = models.DateTimeField(null=True)
    dpop_jkt = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="After this nothing that was made from it is alive.")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code_digest"], name="oidc_code_digest_once")
        ]
        indexes = [
            models.Index(fields=["tenant", "subject"]),
            models.Index(fields=["tenant", "session"]),
            models.Index(fields=["expires_at"]),
        ]


class Token(SealedRow):
    """An access or a refresh token; only its SHA-256 is kept.

    Refresh tokens of one grant are a family: a spent one that comes back revokes them all.
    """

    class Kind(models.TextChoices):
        ACCESS = "access", _("Access token")
        REFRESH = "refresh", _("Refresh token")

    digest = models.CharField(primary_key=True, max_length=64)
    kind = models.CharField(max_length=10, choices=Kind)
    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="tokens")
    scope = models.CharField(max_length=200)
    jkt = models.CharField(max_length=64, blank=True, help_text="Thumbprint of its DPoP key.")
    x5t = models.CharField(max_length=64, blank=True, help_text="Thumbprint of its certificate.")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    spent_at = models.DateTimeField(null=True)
    spent_on = models.CharField(max_length=64, blank=True, help_text="Digest of what spent it.")
    sealed_answer = models.BinaryField(null=True, help_text="That answer, for a retry.")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"])]


class PushedRequest(TenantOwned):
    """An authorization request that was pushed (RFC 9126); used up when it has been answered."""

    digest = models.CharField(primary_key=True, max_length=64)
    client = models.ForeignKey(RelyingParty, on_delete=models.CASCADE, related_name="+")
    parameters = models.JSONField()
    dpop_jkt = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"])]


class UsedOnce(TenantOwned):
    """Something that may be seen once: a client assertion's, a DPoP proof's or a request object's `jti`."""

    digest = models.CharField(primary_key=True, max_length=64)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"])]


class BackchannelRequest(SealedRow):
    """An authentication that a relying party asked for without a browser (CIBA); answered once."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waits for the person")
        APPROVED = "approved", _("Approved")
        DENIED = "denied", _("Denied")

    # Seconds between two polls, at least (CIBA Core 1.0 section 7.3).
    INTERVAL = 5

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the auth_req_id.")
    client = models.ForeignKey(RelyingParty, on_delete=models.CASCADE, related_name="+")
    subject = models.ForeignKey(
        Subject,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Nobody where the hint named nobody: nothing says so to the relying party.",
    )
    scope = models.CharField(max_length=200)
    acr_values = models.JSONField(default=list)
    hint = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="Digest of the hint as it came.",
    )
    binding_message = models.CharField(max_length=64, blank=True)
    sealed_callback = models.BinaryField(help_text="auth_req_id and notification token, sealed.")
    interval = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    grant = models.ForeignKey(Grant, null=True, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    polled_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    redeemed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "digest"], name="oidc_backchannel_digest_once")
        ]
        indexes = [
            models.Index(fields=["tenant", "subject", "state"]),
            models.Index(fields=["expires_at"]),
        ]


class RememberedConsent(SealedRow):
    """What a person agreed to let a third-party relying party have; asked again after twelve months."""

    client = models.ForeignKey(RelyingParty, on_delete=models.CASCADE, related_name="+")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    scopes = models.JSONField(default=list)
    claims = models.JSONField(default=list)
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "client", "subject"], name="oidc_one_consent_per_client"
            )
        ]
        indexes = [models.Index(fields=["expires_at"], name="oidc_consent_over")]


class InitialAccessToken(SealedRow):
    """Lets its bearer register relying parties (RFC 7591 section 3); only its SHA-256 is kept."""

    digest = models.CharField(primary_key=True, max_length=64)
    note = models.CharField(max_length=120, blank=True)
    uses_left = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="oidc_initial_token_over")]

    @property
    def hint(self) -> str:
        """What tells it from others where it is named: the beginning of its digest."""
        return self.digest[:8]

    @property
    def state(self) -> str:
        """One of `open`, `used`, `over`."""
        if self.expires_at <= now():
            return "over"
        return "open" if self.uses_left else "used"
