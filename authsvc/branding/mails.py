"""Mails in a tenant's look: beside the plain text the same words with its colour and logo."""

from dataclasses import dataclass, field
from email.mime.image import MIMEImage
from typing import Any, Final, NamedTuple

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string

from authsvc.branding.looks import colours, logo_of, look_of
from authsvc.tenancy.models import Tenant

_LOGO: Final = "logo@visor"
_ADDRESSES: Final = ("https://", "http://")


@dataclass(frozen=True)
class Dress:
    """A mail's words in a tenant's look: an HTML document, and the logo that it shows."""

    html: str = field(repr=False)
    logo: bytes = field(repr=False)


class Line(NamedTuple):
    """A line of a mail; one that is an address is a link."""

    text: str
    is_address: bool


def dress(tenant: Tenant, title: str, text: str) -> Dress | None:
    """Return a mail's words in its tenant's look; None for a tenant without one, whose mails are plain."""
    look = look_of(tenant.pk)
    if not look:
        return None
    logo = logo_of(tenant.pk) if look.logo else b""
    shown = {**letter(tenant, text, logo=f"cid:{_LOGO}" if logo else ""), "title": title}
    return Dress(render_to_string("branding/mail.html", {**shown, **colours(look.accent)}), logo)


def letter(tenant: Tenant, text: str, *, logo: str) -> dict[str, Any]:
    """Return what the letter of a mail is filled with; `logo` is the address of its picture, or ""."""
    return {"tenant": tenant, "logo": logo, "paragraphs": _paragraphs(text)}


def message(
    title: str, text: str, address: str, dressed: Dress | None, connection: BaseEmailBackend
) -> EmailMultiAlternatives:
    """Return a mail to one address, in plain text and, where it is dressed, in its tenant's look."""
    mail = EmailMultiAlternatives(title, text, None, [address], connection=connection)
    if dressed is not None:
        mail.attach_alternative(dressed.html, "text/html")
        if dressed.logo:
            mail.mixed_subtype = "related"  # type: ignore[attr-defined]
            mail.attach(_picture(dressed.logo))
    return mail


def _picture(png: bytes) -> MIMEImage:
    part = MIMEImage(png, "png")
    part.add_header("Content-ID", f"<{_LOGO}>")
    part.add_header("Content-Disposition", "inline", filename="logo.png")
    return part


def _paragraphs(text: str) -> list[list[Line]]:
    blocks = (block.strip().splitlines() for block in text.split("\n\n") if block.strip())
    return [[Line(line.strip(), _is_address(line.strip())) for line in block] for block in blocks]


def _is_address(line: str) -> bool:
    return line.startswith(_ADDRESSES) and " " not in line
