"""The keys that other keys are sealed under: in the secrets of their roles, or in the key service.

With the key service of one machine they stay in the secrets file, which no database backup takes along. With
a security module or a transit service they lie there, are never held by a process, and what was sealed under
the secrets' key before opens for as long as the secrets file holds that.
"""

from dataclasses import dataclass
from typing import Final

from django.conf import settings

from authsvc.core.envelope import CannotOpen, Wrapping, seal, unseal, unseal_any
from authsvc.keys.held import accepted
from authsvc.keys.service.chosen import key_service
from authsvc.keys.service.interface import CannotUnwrap, KeyGone

TOKEN: Final = "token_kek"  # noqa: S105 - the name of a key
VAULT: Final = "vault_kek"
# Whose they are where the key service holds them.
_ROLES: Final = {TOKEN: {"web", "provider"}, VAULT: {"worker"}}


@dataclass(frozen=True)
class FromSecrets:
    """A key of the secrets file. Raises KeyError in a process of a role that does not hold it."""

    name: str

    def wrap(self, content: bytes, aad: bytes) -> bytes:
        """Seal under the key in use."""
        return seal(settings.SECRETS[self.name], content, aad)

    def unwrap(self, sealed: bytes, aad: bytes) -> bytes:
        """Open with the key in use, or one that a rotation still accepts; raises CannotOpen."""
        try:
            return unseal(settings.SECRETS[self.name], sealed, aad)
        except CannotOpen:
            return unseal_any(accepted(self.name)[1:], sealed, aad)

    def is_current(self, sealed: bytes, aad: bytes) -> bool:
        """Tell whether the key in use opens it."""
        try:
            unseal(settings.SECRETS[self.name], sealed, aad)
        except CannotOpen:
            return False
        return True


@dataclass(frozen=True)
class FromService:
    """A key of the key service, made when first used. Raises KeyServiceProblem where it cannot be used."""

    name: str

    def wrap(self, content: bytes, aad: bytes) -> bytes:
        """Wrap under the newest version."""
        service = key_service()
        if not service.exists(self.name):
            service.create(self.name)
        return service.wrap(self.name, content, aad)

    def unwrap(self, sealed: bytes, aad: bytes) -> bytes:
        """Unwrap, with the secrets' key where there was no key service yet; raises CannotOpen."""
        if old := accepted(self.name):
            try:
                return unseal_any(old, sealed, aad)
            except CannotOpen:
                pass
        try:
            return key_service().unwrap(self.name, sealed, aad)
        except CannotUnwrap as problem:
            raise CannotOpen(str(problem)) from None

    def is_current(self, sealed: bytes, aad: bytes) -> bool:
        """Tell whether the newest version wrapped it."""
        service = key_service()
        try:
            service.unwrap(self.name, sealed, aad)
        except (CannotUnwrap, KeyGone):
            return False
        return service.is_current(self.name, sealed)


def kek(name: str) -> Wrapping:
    """Return one of the keys by its name."""
    return FromSecrets(name) if settings.KEY_SERVICE == "file" else FromService(name)


def may_use(name: str) -> bool:
    """Tell whether a process of this role may seal and open with the key."""
    if settings.KEY_SERVICE == "file":
        return name in settings.SECRETS
    return bool(_ROLES[name] & set(settings.ROLES))
