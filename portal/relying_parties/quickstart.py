"""What a partner's developer copies to begin with."""

from dataclasses import dataclass

from authsvc.assurance.acr import acr_of
from authsvc.assurance.levels import Level
from authsvc.clients.models import RelyingParty
from authsvc.oidc.wire.addresses import discovery_address, issuer_of
from authsvc.tenancy.models import Tenant


@dataclass(frozen=True)
class QuickStart:
    """Addresses and values; `example` is a complete authorization request but for the PKCE challenge."""

    issuer: str
    discovery: str
    client_id: str
    acr: str
    example: str


def quick_start(tenant: Tenant, party: RelyingParty) -> QuickStart:
    """Return the quick start of a relying party."""
    issuer = issuer_of(tenant)
    acr = acr_of(Level[party.floor_level])
    redirect_uri = party.redirect_uris[0] if party.redirect_uris else "<your redirect URI>"
    example = "\n".join(
        [
            f"GET {issuer}authorize",
            "  ?response_type=code",
            f"  &client_id={party.client_id}",
            f"  &redirect_uri={redirect_uri}",
            "  &scope=openid",
            f"  &acr_values={acr}",
            "  &state=<random>",
            "  &nonce=<random>",
            "  &code_challenge=<S256 of the verifier>",
            "  &code_challenge_method=S256",
        ]
    )
    return QuickStart(issuer, discovery_address(tenant), party.client_id, acr, example)
