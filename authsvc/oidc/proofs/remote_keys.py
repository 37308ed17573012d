"""Key sets behind a jwks_uri: fetched safely, cached, and read again for a kid that is not known yet."""

from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.conf import settings

from authsvc.core.fetch import FetchRefused, fetch
from authsvc.core.remembered import Remembered
from authsvc.core.strictjson import parse_json
from authsvc.oidc.proofs.outbound import turn_of

# A set that could not be read is tried again after this. An unknown kid reads a set again at once, but
# the next time not before this: a stranger must not drive our calls.
_PAUSE = 5.0
_MAX_KEYS = 50


@dataclass(frozen=True)
class _KeySet:
    """Keys as they were read, and from when on (monotonic clock) an unknown kid has them read again."""

    keys: list[dict[str, Any]]
    not_again_before: float

    def has(self, kid: str | None) -> bool:
        return kid is None or any(key.get("kid") == kid for key in self.keys)


_sets: Remembered[str, _KeySet] = Remembered(seconds=300, capacity=1000)


def remote_keys(uri: str, *, kid: str | None = None) -> list[dict[str, Any]]:
    """Return the public JWKs at an address, none where it cannot be read: an outage verifies nothing."""
    held = _usable(uri, kid)
    if held is not None:
        return held.keys
    try:
        with turn_of(uri):
            # Another request may have read it meanwhile.
            return (_usable(uri, kid) or _renew(uri)).keys
    except FetchRefused:
        return []


def _usable(uri: str, kid: str | None) -> _KeySet | None:
    held = _sets.get(uri)
    if held is not None and (held.has(kid) or monotonic() < held.not_again_before):
        return held
    return None


def _renew(uri: str) -> _KeySet:
    rotated = _sets.get(uri) is not None
    keys = _read(uri)
    if keys is None:
        return _sets.keep(uri, _KeySet([], monotonic() + _PAUSE), seconds=_PAUSE)
    return _sets.keep(uri, _KeySet(keys, monotonic() + (_PAUSE if rotated else 0)))


def _read(uri: str) -> list[dict[str, Any]] | None:
    try:
        answer = fetch(uri, allow_loopback=settings.ALLOW_LOOPBACK_FETCH)
        keys = parse_json(answer.body)["keys"] if answer.status == 200 else None
    except (FetchRefused, ValueError, KeyError, TypeError):
        return None
    return [key for key in keys if isinstance(key, dict)][:_MAX_KEYS] if isinstance(keys, list) else None
