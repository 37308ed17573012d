"""The ticket by which the bench is known at the authorization endpoint: signed by the tenant's own key."""

from datetime import timedelta
from typing import Final

from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.keys.algorithms import SIGNING
from authsvc.oidc.proofs.claims import Specification, check_claims
from authsvc.oidc.proofs.jose import sign
from authsvc.oidc.proofs.refused import NotVerified
from authsvc.oidc.proofs.statement import own_keys, signed_by
from authsvc.oidc.requests.wanted import Tried
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.tenancy.models import Tenant

HEADER: Final = "Visor-Bench"
_TYPE: Final = "visor-bench+jwt"
_LIFE: Final = timedelta(minutes=1)
_SPECIFICATION: Final = Specification(required=("iss", "aud", "exp"), skew=timedelta())


def make_ticket(client: RelyingParty, tried: Tried) -> str:
    """Return a ticket for one case at one relying party, good for a minute."""
    issuer = issuer_of(client.tenant)
    claims = {
        "iss": issuer,
        "aud": issuer,
        "sub": client.client_id,
        "exp": int((now() + _LIFE).timestamp()),
        "run": tried.run,
        "case": tried.case,
    }
    return sign(claims, algorithm=client.id_token_signed_response_alg, typ=_TYPE)


def read_ticket(text: str, tenant: Tenant) -> Tried | None:
    """Return what a ticket of this tenant is for, None where it is none, or is over."""
    issuer = issuer_of(tenant)
    try:
        said = signed_by(text, keys=own_keys, algorithms=SIGNING, typ=_TYPE).claims
        check_claims(said, _SPECIFICATION, {"iss": (issuer,), "aud": (issuer,)})
    except NotVerified:
        return None
    return Tried(client_id=str(said["sub"]), run=str(said["run"]), case=str(said["case"]))
