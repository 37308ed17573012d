"""Which pages may show the camera's page within theirs, and load the module that does."""

from typing import Final
from urllib.parse import urlsplit

from authsvc.clients.models import RelyingParty
from authsvc.oidc.wire.csp import source_of

_PORTS: Final = {"https": 443, "http": 80}


def origins_of(client: RelyingParty) -> list[str]:
    """Return the origins of a relying party's redirect URIs as browsers write them, sorted (RFC 6454).

    An app's own schemes have none, and neither has what no header could carry.
    """
    return sorted({origin for uri in client.redirect_uris if (origin := _origin(uri))})


def _origin(uri: str) -> str:
    source = source_of(uri)
    scheme = urlsplit(uri).scheme
    if source is None or scheme not in _PORTS or source == f"{scheme}:":
        return ""
    return source.lower().removesuffix(f":{_PORTS[scheme]}")
