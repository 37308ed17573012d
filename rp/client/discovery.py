"""The provider's metadata and keys: fetched when first needed, kept for a while.

Nothing is fetched at start, so that a partner starts whether or not its provider is up.
"""

import time
from threading import Lock
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from django.utils.functional import lazy
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from mozilla_django_oidc.utils import import_from_settings

from .refused import ProviderUnreachable
from .tokens import UnknownKey, check_header

KEEP_SECONDS = 600
# A provider that does not answer for a while stays known: what was fetched last serves this long.
STALE_SECONDS = 3600
# A token with an unknown key makes us look again, but not more often than this.
REFRESH_SECONDS = 10
TIMEOUT_SECONDS = 5
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def is_safe_address(url: str) -> bool:
    """Tell whether a URL is https, or plain http on this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    )


class Provider:
    """One OpenID provider, found by its issuer (OpenID Connect Discovery 1.0 section 4)."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}
        self._lock = Lock()

    def metadata(self) -> dict[str, Any]:
        """Return the provider's metadata. Raises ProviderUnreachable."""
        metadata = self._get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", KEEP_SECONDS)
        if metadata.get("issuer") != self.issuer:
            raise ProviderUnreachable("the metadata names another issuer")
        return metadata

    def endpoint(self, name: str) -> str:
        """Return the URL of an endpoint by its metadata name. Raises ProviderUnreachable."""
        url = self.metadata().get(name)
        if not isinstance(url, str) or not is_safe_address(url):
            raise ProviderUnreachable(f"no usable {name}")
        return url

    def keys_for(self, token: str) -> KeySet:
        """Return the provider's keys, looked up again where the token's is new. Raises Refused."""
        keys = self._keys(KEEP_SECONDS)
        try:
            check_header(token, keys)
        except UnknownKey:
            keys = self._keys(REFRESH_SECONDS)
        return keys

    def _keys(self, keep: int) -> KeySet:
        document = self._get(self.endpoint("jwks_uri"), keep)
        try:
            return KeySet.import_key_set(cast(Any, document))
        except (JoseError, KeyError, TypeError, ValueError) as problem:
            raise ProviderUnreachable("no usable keys") from problem

    def _get(self, url: str, keep: int) -> dict[str, Any]:
        with self._lock:
            fetched_at, document = self._kept.get(url, (0.0, {}))
            if document and time.monotonic() - fetched_at < keep:
                return document
            try:
                fetched = _fetch(url)
            except ProviderUnreachable:
                # Who looks again for a new key is not helped by the old ones.
                if keep == KEEP_SECONDS and document and time.monotonic() - fetched_at < STALE_SECONDS:
                    return document
                raise
            self._kept[url] = (time.monotonic(), fetched)
            return fetched


def _fetch(url: str) -> dict[str, Any]:
    if not is_safe_address(url):
        raise ProviderUnreachable(f"{url} is not https")
    try:
        response = requests.get(url, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        document = response.json() if response.status_code == requests.codes.ok else None
    except (requests.RequestException, ValueError) as problem:
        raise ProviderUnreachable(f"{url}: {problem}") from problem
    if not isinstance(document, dict):
        raise ProviderUnreachable(f"{url} answers {response.status_code}")
    return document


_providers: dict[str, Provider] = {}


def provider() -> Provider:
    """Return the provider of OIDC_OP_ISSUER in the settings."""
    issuer: str = import_from_settings("OIDC_OP_ISSUER")
    return _providers.setdefault(issuer, Provider(issuer))


def _endpoint(name: str) -> str:
    return provider().endpoint(name)


def discovered(name: str) -> str:
    """Return an endpoint that is looked up when it is used; for the settings of mozilla-django-oidc."""
    return lazy(_endpoint, str)(name)
