"""What an address in a registration may look like."""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.clients.redirection import LOOPBACK_IPS
from authsvc.core.texts import Text

LOOPBACK: Final = frozenset({"localhost", *LOOPBACK_IPS})
# RFC 3986 section 2: every other character is percent-encoded, and a host of other scripts written as xn--.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
# A registered name goes into headers, where a semicolon or a comma would begin something else.
_HOST: Final = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")
# RFC 8252 section 7.1: a domain under the app's control, in reverse order.
_PRIVATE: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]*)(\.[A-Za-z0-9-]+)+:/\S*")


def problem_of_uri(value: object, *, sandbox: bool, native: bool = False) -> Text | None:
    """Return why an address cannot be registered, or None.

    https is required; http is let through for a loopback host in a sandbox tenant. No wildcard, no
    fragment, no credentials, no control character (RFC 6749 section 3.1.2, RFC 9700 section 2.1). `native`
    is for redirect URIs of apps: these may have http on a loopback address in every tenant, or a scheme of
    their own.
    """
    if not isinstance(value, str) or not value:
        return _("must be an address")
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in value) or "\\" in value:
        return _about(_("{value} holds blanks, control characters or backslashes"), repr(value))
    if not _ADDRESS.fullmatch(value):
        return _about(
            _("{value} holds characters that no address has; encode them, and write the host as xn--…"), value
        )
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return _about(_("{value} is not a valid address"), value)
    return _problem_of_parts(value, parts, host) or _problem_of_scheme(value, parts, host, sandbox, native)


def _problem_of_parts(value: str, parts: SplitResult, host: str) -> Text | None:
    if not parts.scheme or not (host or _PRIVATE.fullmatch(value)):
        return _about(_("{value} must be absolute"), value)
    if "*" in value:
        return _about(_("{value} holds a wildcard; every address is compared exactly"), value)
    if "#" in value:
        return _about(_("{value} must not have a fragment"), value)
    if parts.username is not None:
        return _about(_("{value} must not carry credentials"), value)
    if host and not _HOST.fullmatch(host):
        return _about(_("{value} is not a valid address"), value)
    return None


def _problem_of_scheme(value: str, parts: SplitResult, host: str, sandbox: bool, native: bool) -> Text | None:
    if parts.scheme == "https" and host:
        return None
    if parts.scheme == "http" and ((sandbox and host in LOOPBACK) or (native and host in LOOPBACK_IPS)):
        return None
    if native and _PRIVATE.fullmatch(value):
        return None
    if native:
        return _about(
            _("{value} must use https, http on 127.0.0.1 or [::1], or a scheme like com.example.app:/"), value
        )
    if sandbox:
        return _about(_("{value} must use https (or http on a loopback host)"), value)
    return _about(_("{value} must use https"), value)


def _about(text: Text, value: str) -> Text:
    return format_lazy(text, value=value)
