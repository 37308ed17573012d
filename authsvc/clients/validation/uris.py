"""What an address in a registration may look like."""

from urllib.parse import SplitResult, urlsplit

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.core.texts import Text

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def problem_of_uri(value: object, *, sandbox: bool) -> Text | None:
    """Return why an address cannot be registered, or None.

    https is required; http is let through for a loopback host in a sandbox tenant. No wildcard, no
    fragment, no credentials, no control character (RFC 6749 section 3.1.2, RFC 9700 section 2.1).
    """
    if not isinstance(value, str) or not value:
        return _("must be an address")
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in value) or "\\" in value:
        return _about(_("{value} holds blanks, control characters or backslashes"), repr(value))
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return _about(_("{value} is not a valid address"), value)
    return _problem_of_parts(value, parts, host, sandbox)


def _problem_of_parts(value: str, parts: SplitResult, host: str, sandbox: bool) -> Text | None:
    if not parts.scheme or not host:
        return _about(_("{value} must be absolute"), value)
    if "*" in value:
        return _about(_("{value} holds a wildcard; every address is compared exactly"), value)
    if "#" in value:
        return _about(_("{value} must not have a fragment"), value)
    if parts.username is not None:
        return _about(_("{value} must not carry credentials"), value)
    if parts.scheme == "https" or (parts.scheme == "http" and sandbox and host in LOOPBACK):
        return None
    if sandbox:
        return _about(_("{value} must use https (or http on a loopback host)"), value)
    return _about(_("{value} must use https"), value)


def _about(text: Text, value: str) -> Text:
    return format_lazy(text, value=value)
