"""Which names a tenant's own host may have."""

import re
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host
from django.utils.translation import gettext_lazy as _

from authsvc.core.errors import Refused

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# Two labels at least, and the last one begins with a letter: an IP address is no RP ID (WebAuthn, 5.1.2).
_NAME: Final = re.compile(rf"(?=.{{4,253}}\Z)(?:{_LABEL}\.)+(?=[a-z]){_LABEL}")


class HostRefused(Refused):
    """A host name cannot be what was asked of it; the text says why."""


def canonical(text: str) -> str:
    """Return a host name as it is kept: in small letters and ASCII, without a port and a last dot.

    Raises HostRefused for what is no such name, and for the installation's own.
    """
    name = text.strip().lower()
    if _NAME.fullmatch(name) is None:
        raise HostRefused(
            "host-name",
            _("Give a host name as login.example.org; one with other letters in its form with xn--."),
            detail=f"{text!r} is no host name",
        )
    if is_ours(name):
        raise HostRefused(
            "host-ours", _("This is the address of the installation itself."), detail=f"{name} is ours"
        )
    return name


def is_ours(name: str) -> bool:
    """Tell whether a name is one of the installation's own, which no tenant can have."""
    return name == installation_host() or validate_host(name, settings.ALLOWED_HOSTS)


def installation_host() -> str:
    """Return the host name that the installation itself has."""
    return urlsplit(settings.BASE_URL).hostname or ""


@cache
def installation_netloc(base_url: str) -> str:
    """Return how requests to the installation's own host name it, where this is its address."""
    return netloc_on(urlsplit(base_url).hostname or "")


def origin_on(host: str) -> str:
    """Return the origin of a host that this installation serves: scheme and port are its own."""
    base = urlsplit(settings.BASE_URL)
    return f"{base.scheme}://{netloc_on(host)}"


def netloc_on(host: str) -> str:
    """Return how requests to a host name it: with the port, where the installation has one."""
    port = urlsplit(settings.BASE_URL).port
    return f"{host}:{port}" if port else host
