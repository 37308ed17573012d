"""id_token_hint: an ID token that this issuer gave out before (OpenID Connect Core section 3.1.2.1)."""

from typing import Any

from authsvc.clients.models import RelyingParty
from authsvc.oidc.proofs.jose import NotVerified, verify_own
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.tenancy.models import Tenant


def claims_of_hint(hint: str, tenant: Tenant) -> dict[str, Any]:
    """Return the claims of a token that this issuer signed, expired or not; raises NotVerified."""
    claims = verify_own(hint)
    if claims.get("iss") != issuer_of(tenant):
        raise NotVerified("another issuer")
    return claims


def sub_of_hint(hint: str, client: RelyingParty) -> str:
    """Return whom the hint names, as this client knows them; raises NotVerified, for another client's too."""
    claims = claims_of_hint(hint, client.tenant)
    if claims.get("aud") != client.client_id:
        raise NotVerified(f"a token for {claims.get('aud')}")
    return str(claims.get("sub", ""))
