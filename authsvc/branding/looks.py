"""The look of a tenant, from memory where possible: every page of a person begins with it."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from authsvc.branding.accent import DARK, LIGHT, shades
from authsvc.branding.models import Branding
from authsvc.core.ids import secret_hash
from authsvc.core.remembered import Remembered
from authsvc.tenancy.scope import tenant_scope

KNOWN_AFTER: Final = 10
"""Within so many seconds every process shows a change."""


@dataclass(frozen=True)
class Look:
    """A tenant's accent colour and the digest of its logo, each "" where there is none."""

    accent: str = ""
    logo: str = ""

    @property
    def version(self) -> str:
        """What the addresses of stylesheet and logo carry, so that a browser keeps neither for too long."""
        return secret_hash(f"{self.accent} {self.logo}")[:12]

    def __bool__(self) -> bool:
        return bool(self.accent or self.logo)


_looks: Remembered[UUID, Look] = Remembered(seconds=KNOWN_AFTER, outlasts=3600)


def look_of(tenant_id: UUID) -> Look:
    """Return a tenant's look, known for ten seconds."""
    return _looks.get_or_make(tenant_id, lambda: _read(tenant_id))


def forget_look(tenant_id: UUID) -> None:
    """Have this process read a look anew: it has just changed it."""
    _looks.forget(tenant_id)


def colours(accent: str) -> dict[str, Any]:
    """Return what the stylesheets of pages and mails are filled with."""
    return {"light": shades(accent, LIGHT), "dark": shades(accent, DARK)} if accent else {}


def logo_of(tenant_id: UUID) -> bytes:
    """Return a tenant's logo, a PNG; nothing where there is none."""
    with tenant_scope(tenant_id):
        found = Branding.objects.values_list("logo", flat=True).first()
    return bytes(found or b"")


def _read(tenant_id: UUID) -> Look:
    with tenant_scope(tenant_id):
        found = Branding.objects.values_list("accent", "logo_digest").first()
    return Look(*found) if found else Look()
