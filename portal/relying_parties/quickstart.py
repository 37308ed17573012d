"""What a partner's developer copies to begin with: addresses, and a client in their language, filled in.

The texts lie in `snippets/`. Those that are `run` are run by tests/journeys/clients/test_snippets.py, from
what this module makes of them and nothing else; none holds a secret, which the environment has.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from authsvc.assurance.acr import acr_of
from authsvc.assurance.levels import Level
from authsvc.clients.models import RelyingParty
from authsvc.oidc.wire.addresses import discovery_address, issuer_of
from authsvc.policy.reach import attainable
from authsvc.tenancy.models import Tenant
from portal.relying_parties.kinds import APP, PAGE, SITE, PartyKind, kind_of

# The portal's process has none of these routes, and knows where they stand all the same.
_ENDPOINTS: Final = (
    ("authorization_endpoint", "authorize"),
    ("token_endpoint", "token"),
    ("userinfo_endpoint", "userinfo"),
    ("jwks_uri", "jwks"),
    ("pushed_authorization_request_endpoint", "par"),
    ("introspection_endpoint", "introspect"),
    ("revocation_endpoint", "revoke"),
    ("end_session_endpoint", "end-session"),
)

_INSECURE: Final = ", { execute: [openid.allowInsecureRequests] }"


@dataclass(frozen=True)
class Client:
    """A library that the page has lines for: of which kind of relying party, and whether tests run them."""

    name: str
    file: str
    kind: PartyKind
    run: bool = True


CLIENTS: Final = (
    Client("mozilla-django-oidc", "mozilla_django_oidc", SITE),
    Client("Authlib", "authlib", SITE),
    Client("openid-client", "openid_client", SITE),
    Client("mod_auth_openidc", "mod_auth_openidc", SITE),
    Client("Spring Security", "spring_security", SITE, run=False),
    Client("oidc-client-ts", "oidc_client_ts", PAGE),
    Client("AppAuth", "appauth", APP, run=False),
)


@dataclass(frozen=True)
class Snippet:
    """The lines for one library, filled in, and whether tests run them."""

    name: str
    file: str
    text: str
    run: bool


@dataclass(frozen=True)
class QuickStart:
    """Addresses and values that every client is told, all endpoints by their names, and lines to copy."""

    issuer: str
    discovery: str
    client_id: str
    acr: str
    endpoints: list[tuple[str, str]]
    snippets: list[Snippet]


def quick_start(tenant: Tenant, party: RelyingParty) -> QuickStart:
    """Return the quick start of a relying party."""
    issuer = issuer_of(tenant)
    acr = acr_of(Level[party.floor_level])
    endpoints = [(name, f"{issuer}{path}") for name, path in _ENDPOINTS]
    return QuickStart(
        issuer, discovery_address(tenant), party.client_id, acr, endpoints, snippets(tenant, party)
    )


def snippets(tenant: Tenant, party: RelyingParty) -> list[Snippet]:
    """Return the lines for each library that fits what the relying party is, and how it proves itself."""
    kind, values = kind_of(party), _values(tenant, party)
    if kind is SITE and not party.uses_secret:
        return []
    return [
        Snippet(client.name, client.file, _filled(client.file, values), client.run)
        for client in CLIENTS
        if client.kind is kind
    ]


def _filled(file: str, values: dict[str, str]) -> str:
    text = _read(file)
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def _values(tenant: Tenant, party: RelyingParty) -> dict[str, str]:
    floor = max(Level[party.floor_level], Level.L1)
    good = [acr_of(level) for level in attainable() if level >= floor]
    by_post = party.token_endpoint_auth_method == RelyingParty.Authentication.POST
    scopes = [scope for scope in party.scopes if scope not in {"offline_access", "liveness"}]
    return {
        "ISSUER": issuer_of(tenant),
        "DISCOVERY": discovery_address(tenant),
        "CLIENT_ID": party.client_id,
        "REDIRECT_URI": party.redirect_uris[0] if party.redirect_uris else "",
        "SCOPE": " ".join(scopes),
        "SCOPES": ", ".join(scopes),
        "ACR": acr_of(floor),
        "ACRS": json.dumps(good),
        "METHOD": party.token_endpoint_auth_method,
        "PROOF": "ClientSecretPost" if by_post else "ClientSecretBasic",
        "BASIC": str(not by_post),
        # Of an installation on the developer's own machine, which has no TLS.
        "INSECURE": "" if issuer_of(tenant).startswith("https:") else _INSECURE,
        "REQUIRES": "\n".join(f"  Require claim acr:{acr}" for acr in good),
    }


@cache
def _read(file: str) -> str:
    return (Path(__file__).with_name("snippets") / f"{file}.txt").read_text(encoding="utf-8")
