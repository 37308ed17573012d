"""Key sets behind a jwks_uri: fetched safely, cached, and read again for a kid that is not known yet."""

from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.conf import settings

from authsvc.core.fetch import FetchRefused, fetch
from authsvc.core.strictjson import parse_json
from authsvc.oidc.proofs.outbound import turn_of

_LIFE = 300.0
# A set that could not be read is tried again after this. An unknown kid reads a set again at once, but
# the next time not before this: a stranger must not drive our calls.
_PAUSE = 5.0
_MAX_KEYS = 50


@dataclass(frozen=True)
class _KeySet:
    """Keys as they were read; the times are of the monotonic clock."""

    keys: list[dict[str, Any]]
    good_until: float
    not_again_before: float

    def has(self, kid: str | None) -> bool:
        return kid is None or any(key.get("kid") == kid for key in self.keys)


_known: dict[str, _KeySet] = {}


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
    held, moment = _known.get(uri), monotonic()
    if held is not None and moment < held.good_until and (held.has(kid) or moment < held.not_again_before):
        return held
    return None


def _renew(uri: str) -> _KeySet:
    held, moment = _known.get(uri), monotonic()
    rotated = held is not None and moment < held.good_until
    keys = _read(uri)
    moment = monotonic()
    if len(_known) > 1000:
        _known.clear()
    fresh = _known[uri] = _KeySet(
        keys=keys or [],
        good_until=moment + (_PAUSE if keys is None else _LIFE),
        not_again_before=moment + _PAUSE if rotated or keys is None else moment,
    )
    return fresh


def forget_remote_keys() -> None:
    """Drop everything; for tests."""
    _known.clear()


def _read(uri: str) -> list[dict[str, Any]] | None:
    try:
        answer = fetch(uri, allow_loopback=settings.ALLOW_LOOPBACK_FETCH)
        keys = parse_json(answer.body)["keys"] if answer.status == 200 else None
    except (FetchRefused, ValueError, KeyError, TypeError):
        return None
    return [key for key in keys if isinstance(key, dict)][:_MAX_KEYS] if isinstance(keys, list) else None
