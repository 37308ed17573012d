"""sector_identifier_uri: whose pairwise identifiers these are (OpenID Connect Registration section 5)."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import RegistrationProblems
from authsvc.clients.settings.returning import NATIVE
from authsvc.clients.validation.redirects import redirect_hosts
from authsvc.core.fetch import FetchRefused, fetch
from authsvc.core.strictjson import NotJson, parse_json

_SECONDS = 3.0


def sector_shown(fields: dict[str, Any]) -> str:
    """Return the host of the sector, "" where the metadata name no document.

    A sector is a claim to other sites' identifiers. The document behind the address must list every
    redirect URI, and the jwks_uri of who starts sign-ins without a browser, whose tokens go to whoever has
    those keys (CIBA Core 1.0 section 4). It vouches for no address on the person's own device, where every
    app can take the place of another. Raises RegistrationProblems where any of it fails, or the document
    cannot be read.
    """
    uri = fields["sector_identifier_uri"]
    if not uri:
        return ""
    needed = _to_be_listed(fields)
    listed = _read(uri)
    missing = [address for address in needed if address not in listed]
    if missing:
        raise _problem(f"The document does not list {', '.join(missing)}.")
    return urlsplit(uri).hostname or ""


def _to_be_listed(fields: dict[str, Any]) -> list[str]:
    redirects: list[str] = fields["redirect_uris"]
    if fields["application_type"] == NATIVE and not all(urlsplit(uri).scheme == "https" for uri in redirects):
        raise _problem("A document cannot vouch for addresses on people's own devices.")
    if not fields["backchannel_token_delivery_mode"]:
        return redirects
    if not fields["jwks_uri"]:
        raise _problem("Without a browser the document has to list the jwks_uri, and there is none.")
    return [*redirects, fields["jwks_uri"]]


def default_subject_type(fields: dict[str, Any], *, sandbox: bool) -> str:
    """Return the subject type of metadata that name none: pairwise, as everywhere.

    In a sandbox public where the redirect URIs have several hosts and no sector joins them: programs that
    try a provider out register so, and there is nobody there whose traces could be joined.
    """
    if sandbox and not fields["sector"] and len(_hosts(fields)) > 1:
        return "public"
    return RelyingParty().subject_type


def _hosts(fields: dict[str, Any]) -> list[str]:
    return redirect_hosts(fields["redirect_uris"], native=fields["application_type"] == NATIVE)


def _read(uri: str) -> list[Any]:
    try:
        answer = fetch(uri, allow_loopback=settings.ALLOW_LOOPBACK_FETCH, seconds=_SECONDS)
        listed = parse_json(answer.body) if answer.status == 200 else None
    except (FetchRefused, NotJson) as problem:
        raise _problem(f"The document cannot be read: {problem}.") from None
    if not isinstance(listed, list):
        raise _problem("The document is not a list of redirect URIs.")
    return listed


def _problem(message: str) -> RegistrationProblems:
    return RegistrationProblems({"sector_identifier_uri": [message]})
