"""What an address in a registration may look like."""

from urllib.parse import SplitResult, urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def problem_of_uri(value: object, *, sandbox: bool) -> str | None:
    """Return why an address cannot be registered, or None.

    https is required; http is let through for a loopback host in a sandbox tenant. No wildcard, no
    fragment, no credentials, no control character (RFC 6749 section 3.1.2, RFC 9700 section 2.1).
    """
    if not isinstance(value, str) or not value:
        return "must be an address"
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in value) or "\\" in value:
        return f"{value!r} holds blanks, control characters or backslashes"
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return f"{value} is not a valid address"
    return _problem_of_parts(value, parts, host, sandbox)


def _problem_of_parts(value: str, parts: SplitResult, host: str, sandbox: bool) -> str | None:
    if not parts.scheme or not host:
        return f"{value} must be absolute"
    if "*" in value:
        return f"{value} holds a wildcard; every address is compared exactly"
    if "#" in value:
        return f"{value} must not have a fragment"
    if parts.username is not None:
        return f"{value} must not carry credentials"
    if parts.scheme == "https" or (parts.scheme == "http" and sandbox and host in LOOPBACK):
        return None
    return f"{value} must use https" + (" (or http on a loopback host)" if sandbox else "")
