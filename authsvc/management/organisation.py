"""What an organisation is called, speaks and looks like."""

import hashlib
import unicodedata
from typing import Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.branding.accent import is_colour
from authsvc.branding.logo import redrawn
from authsvc.branding.looks import forget_look
from authsvc.branding.models import Branding
from authsvc.core.errors import Refused
from authsvc.core.texts import Text
from authsvc.core.visible import is_visible
from authsvc.management.acting import act
from authsvc.management.actors import Actor
from authsvc.tenancy.directory import forget_tenant
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import current_tenant_id

LONGEST_NAME: Final = 120


class SettingRefused(Refused):
    """A value that cannot be; `field` says which."""

    def __init__(self, field: str, text: Text) -> None:
        super().__init__("setting-refused", text, detail=field, status=422)
        self.field = field


@act
def describe(*, by: Actor, name: str, language: str) -> Tenant:
    """Change what the organisation is called, and its language, "" for the installation's.

    People whose browser names no language of ours are spoken to in it. Raises SettingRefused.
    """
    tenant = Tenant.objects.get(pk=current_tenant_id())
    was = {"name": tenant.name, "language": tenant.language}
    tenant.name, tenant.language = sound_name(name), _known(language)
    tenant.save(update_fields=["name", "language"])
    forget_tenant(tenant.slug)
    record(Tag.ORGANISATION_CHANGED, actor=by.name, name=tenant.name, language=language, before=was)
    return tenant


@act
def set_accent(*, by: Actor, accent: str) -> None:
    """Take another accent colour, # and six hexadecimal digits, or "" for Visor's; raises SettingRefused."""
    colour = accent.strip().lower()
    if colour and not is_colour(colour):
        raise SettingRefused("accent", _("Write a colour as # and six digits from 0 to f, like #1a4fc2."))
    _change(by, what="accent", accent=colour)


@act
def set_logo(*, by: Actor, picture: bytes) -> None:
    """Take another logo, drawn anew from a PNG, JPEG or WebP; raises LogoRefused."""
    drawn = redrawn(picture)
    _change(by, what="logo", logo=drawn, logo_digest=hashlib.sha256(drawn).hexdigest())


@act
def drop_logo(*, by: Actor) -> None:
    """Have no logo."""
    _change(by, what="logo", logo=None, logo_digest="")


def branding() -> Branding:
    """Return the look of the tenant in scope, one that is not stored where it has none."""
    return Branding.objects.first() or Branding()


def sound_name(name: str) -> str:
    """Return the name of an organisation as it is kept; raises SettingRefused for one that people misread."""
    kept = unicodedata.normalize("NFC", " ".join(name.split()))
    if not kept or len(kept) > LONGEST_NAME or not is_visible(kept):
        raise SettingRefused("name", _("Write a name of 1 to 120 characters that can all be seen."))
    return kept


def _known(language: str) -> str:
    if language and language not in dict(settings.LANGUAGES):
        raise SettingRefused("language", _("Choose one of the languages."))
    return language


def _change(by: Actor, *, what: str, **fields: str | bytes | None) -> None:
    row, _made = Branding.objects.update_or_create(defaults=fields)
    forget_look(row.tenant_id)
    record(Tag.BRANDING_CHANGED, actor=by.name, what=what, accent=row.accent, logo=row.logo_digest)
