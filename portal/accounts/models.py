"""User, an administrator: their sessions, their recovery codes, and the forms that they sent."""

import uuid
from importlib import import_module
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from authsvc.tenancy.models import TenantOwned

# Where the addresses end by which accounts are called that were made by a provider's word: nobody reads mail
# there, and nobody can (RFC 6761 section 6.4).
NOBODYS: Final = "sso.invalid"


class UserManager(BaseUserManager["User"]):
    """Makes users and finds them by e-mail address, whatever its letter case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Store a user; without a password nobody can sign in with one."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email: str | None) -> "User":
        """Return the user of this address; raises User.DoesNotExist."""
        return self.get(email=(email or "").strip().lower())


class User(AbstractBaseUser):
    """A person who administers tenants; signs in with an e-mail address.

    `language` and `zone` are what they chose for the portal's pages, "" for what their browser says.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(
        unique=True, error_messages={"unique": _("This address has an account already.")}
    )
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=16, blank=True, default="", db_default="")
    zone = models.CharField(max_length=60, blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_of_a_provider(self) -> bool:
        """Whether the account was made by the word of an organisation's own provider, its one way in."""
        return self.email.endswith(f".{NOBODYS}")

    @property
    def recovery_codes_left(self) -> int:
        """How many recovery codes still open the portal."""
        return self.recovery_codes.filter(used_at=None).count()


class AdministratorSession(AbstractBaseSession):
    """A session of the portal (sessions.py); `session_key` is the SHA-256 of its key, hexadecimal."""

    session_key = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")

    @classmethod
    def get_session_store_class(cls) -> type[Any]:
        """Return what reads and writes these rows."""
        store: type[Any] = import_module(settings.SESSION_ENGINE).SessionStore
        return store


class RecoveryCode(models.Model):
    """A code that opens the portal once in the second factor's place; only its SHA-256 is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")]


class SentForm(TenantOwned):
    """A form that made something, so that sending it again makes nothing more (portal/accounts/once.py).

    `path` is where that stands; `sealed` what is shown there for a few minutes, opened by the form's key.
    """

    digest = models.CharField(primary_key=True, max_length=64)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    path = models.CharField(max_length=300, blank=True)
    sealed = models.BinaryField(null=True)
    sent_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "sent_at"]),
            models.Index(fields=["sent_at"], name="sent_form_over"),
        ]
