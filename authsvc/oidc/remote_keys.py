"""Key sets behind a jwks_uri: fetched safely, cached, and read again for a kid that is not known yet."""

from time import monotonic
from typing import Any

from django.conf import settings

from authsvc.core.fetch import FetchRefused, fetch
from authsvc.core.strictjson import parse_json

_LIFE = 300.0
# An unknown kid reads the set again, but not more often than this: a stranger must not drive our calls.
_AGAIN_AFTER = 5.0
_MAX_KEYS = 50
_known: dict[str, tuple[float, list[dict[str, Any]]]] = {}


def remote_keys(uri: str, *, kid: str | None = None) -> list[dict[str, Any]]:
    """Return the public JWKs at an address, none where it cannot be read: an outage verifies nothing."""
    fetched_at, keys = _known.get(uri, (-_LIFE, []))
    age = monotonic() - fetched_at
    missing = kid is not None and all(key.get("kid") != kid for key in keys)
    if uri in _known and age < _LIFE and not (missing and age > _AGAIN_AFTER):
        return keys
    keys = _read(uri)
    if len(_known) > 1000:
        _known.clear()
    _known[uri] = (monotonic(), keys)
    return keys


def forget_remote_keys() -> None:
    """Drop everything; for tests."""
    _known.clear()


def _read(uri: str) -> list[dict[str, Any]]:
    try:
        answer = fetch(uri, allow_loopback=settings.ALLOW_LOOPBACK_FETCH)
        keys = parse_json(answer.body)["keys"] if answer.status == 200 else []
    except (FetchRefused, ValueError, KeyError, TypeError):
        return []
    return [key for key in keys if isinstance(key, dict)][:_MAX_KEYS] if isinstance(keys, list) else []
