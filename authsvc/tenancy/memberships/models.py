"""Membership, what lets a user into a tenant; the invitation to one; the provider whose word gives one."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from authsvc.core.ids import new_id
from authsvc.tenancy.models import Tenant, TenantOwned
from authsvc.tenancy.roles import Role


class InForce(models.Manager["Membership"]):
    """Sees the memberships that let their user in: all but the disabled ones."""

    def get_queryset(self) -> models.QuerySet["Membership"]:
        """Return the memberships of any tenant that are in force."""
        return super().get_queryset().filter(disabled_at=None)


class Membership(models.Model):
    """A user's role in a tenant.

    Not scoped to a tenant like other rows: it is read before any scope is entered, to decide which one
    a user may enter. Who asks that looks at those `in_force`.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)
    disabled_at = models.DateTimeField(null=True)
    seal = models.BinaryField(null=True, editable=False, help_text="The portal’s word (authsvc/seals).")

    objects: ClassVar[models.Manager["Membership"]] = models.Manager()
    in_force: ClassVar[InForce] = InForce()

    class Meta:
        # The portal's accounts made the table.
        db_table = "accounts_membership"
        constraints = [models.UniqueConstraint(fields=["user", "tenant"], name="membership_once")]

    def __str__(self) -> str:
        return str(self.user)


class Invitation(TenantOwned):
    """What lets somebody become a member by a link in a mail, once; only the SHA-256 of its token is kept.

    `starts_anew` is for a member who cannot sign in any more: it sets a new password on their account.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role)
    starts_anew = models.BooleanField(default=False)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.CharField(max_length=254)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    seal = models.BinaryField(null=True, editable=False, help_text="The portal’s word (authsvc/seals).")

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "-created_at"], name="invitation_by_age"),
            models.Index(fields=["expires_at"], name="invitation_over"),
        ]

    def __str__(self) -> str:
        return f"invitation of {self.email}"


class SingleSignOn(TenantOwned):
    """A tenant's own OpenID provider, at which its team may sign in to the portal; a tenant has one at most.

    `roles` are pairs of a value of the claim `role_claim` and the role that it gives. `acr_values` are those
    of which an ID token must have one; without any, the portal asks for a second factor of its own besides.
    Without `password_stays` only owners come in by what the portal itself keeps of them.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    name = models.CharField(max_length=60)
    issuer = models.CharField(max_length=500)
    client_id = models.CharField(max_length=200)
    scopes = models.CharField(max_length=200, default="openid profile email")
    role_claim = models.CharField(max_length=200, blank=True)
    roles = models.JSONField(default=list)
    acr_values = models.JSONField(default=list)
    just_in_time = models.BooleanField(default=False)
    password_stays = models.BooleanField(default=True)
    enabled = models.BooleanField(default=False)
    sealed_secret = models.BinaryField(null=True, help_text="Opened by the portal, for this issuer alone.")
    seal = models.BinaryField(null=True, editable=False, help_text="The portal’s word (authsvc/seals).")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="single_sign_on_once")]

    def __str__(self) -> str:
        return self.name


class Identity(TenantOwned):
    """Whom a tenant's provider knows by `sub`, and which user that is here.

    `gives_membership` says that the user's membership came by it, and ends with the provider's word.
    `address` is what the provider says that their e-mail address is: mails go there, and nobody is
    known by it.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_id, editable=False)
    issuer = models.CharField(max_length=500)
    sub = models.CharField(max_length=255)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identities")
    gives_membership = models.BooleanField(default=False)
    address = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)
    seal = models.BinaryField(null=True, editable=False, help_text="The portal’s word (authsvc/seals).")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "issuer", "sub"], name="identity_once"),
            models.UniqueConstraint(fields=["tenant", "user"], name="identity_of_a_user_once"),
        ]
