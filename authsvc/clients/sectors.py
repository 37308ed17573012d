"""Whose pairwise identifiers a relying party gets: those of the host that it has been shown to be."""

from urllib.parse import urlsplit

from authsvc.clients.models import RelyingParty
from authsvc.clients.settings.received import SECTOR_COVERS_KEYS
from authsvc.clients.settings.returning import is_native
from authsvc.clients.validation.redirects import redirect_hosts

# Those by which it proves that the keys at its jwks_uri are its own.
_BY_KEYS = (RelyingParty.Authentication.PRIVATE_KEY_JWT, RelyingParty.Authentication.SELF_SIGNED_TLS)


def sector_of(party: RelyingParty) -> str:
    """Return the sector of a relying party, for every grant the same (ADR 0287).

    First comes what an administrator said, or a document of its own (oidc/registration/sector.py). A site is
    the host that its codes are sent to, which nobody else can read. Where tokens are had without that,
    because it starts sign-ins without a browser or is an app, the host of a redirect URI proves nothing of a
    third party: then it is the host of its keys (CIBA Core 1.0 section 4), if it proves itself by them, and
    else nobody's but its own.
    """
    if party.sector and _is_vouched_for(party):
        return party.sector
    if party.backchannel_token_delivery_mode and not party.first_party:
        return _host_of_keys(party)
    if is_native(party):
        return _host_of_app(party)
    address = next(iter(party.redirect_uris), party.jwks_uri)
    return urlsplit(address).hostname or party.pk


def _is_vouched_for(party: RelyingParty) -> bool:
    """Whether its sector is an administrator's word, or a document's that names all that there is to name."""
    if party.first_party or not party.sector_identifier_uri:
        return True
    if party.backchannel_token_delivery_mode:
        return bool(SECTOR_COVERS_KEYS.of(party))
    return not is_native(party) or _is_on_the_web(party)


def _host_of_keys(party: RelyingParty) -> str:
    proven = party.token_endpoint_auth_method in _BY_KEYS
    return (urlsplit(party.jwks_uri).hostname if proven else None) or party.pk


def _host_of_app(party: RelyingParty) -> str:
    # Apps have the loopback address in common, and nothing else.
    hosts = redirect_hosts(party.redirect_uris, native=True)
    return next(iter(hosts), party.pk) if party.first_party or _is_on_the_web(party) else party.pk


def _is_on_the_web(party: RelyingParty) -> bool:
    return all(urlsplit(uri).scheme == "https" for uri in party.redirect_uris)
