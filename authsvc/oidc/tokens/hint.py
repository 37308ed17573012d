"""id_token_hint: an ID token that this issuer gave out before (OpenID Connect Core section 3.1.2.1)."""

from typing import Any

from authsvc.clients.models import RelyingParty
from authsvc.keys.algorithms import SIGNING
from authsvc.oidc.proofs.claims import Names, check_claims
from authsvc.oidc.proofs.specifications import ID_TOKEN_HINT
from authsvc.oidc.proofs.statement import own_keys, signed_by
from authsvc.oidc.tokens.id_token import TYPE
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.tenancy.models import Tenant


def claims_of_hint(hint: str, tenant: Tenant) -> dict[str, Any]:
    """Return the claims of an ID token that this issuer signed, expired or not; raises NotVerified."""
    return _claims(hint, {"iss": (issuer_of(tenant),)})


def sub_of_hint(hint: str, client: RelyingParty) -> str:
    """Return whom the hint names, as this client knows them; raises NotVerified, for another client's too."""
    names = {"iss": (issuer_of(client.tenant),), "aud": (client.client_id,)}
    return str(_claims(hint, names)["sub"])


def _claims(hint: str, names: Names) -> dict[str, Any]:
    statement = signed_by(hint, keys=own_keys, algorithms=SIGNING, typ=TYPE)
    check_claims(statement.claims, ID_TOKEN_HINT, names)
    return statement.claims
