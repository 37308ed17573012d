"""The ID token (OpenID Connect Core section 2; S9.4-06)."""

import base64
import hashlib
from datetime import datetime
from typing import Any

from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.ids import new_jti
from authsvc.oidc.models import Grant
from authsvc.oidc.proofs.jose import encrypt, sign
from authsvc.oidc.tokens.claims import (
    event_claims,
    personal_claims,
    requested_names,
    with_protocol_claims,
)
from authsvc.oidc.tokens.spoiling import spoiled, with_spoiled_signature
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.oidc.wire.lifetimes import ID_TOKEN

TYPE = "JWT"


def make_id_token(grant: Grant, client: RelyingParty, *, access_token: str = "", nonce: bool = True) -> str:
    """Return the signed, and where the client asks for it encrypted, ID token of a grant.

    acr, amr and auth_time are the grant's, however long ago it was made. `nonce` is left out of a
    refreshed token (OpenID Connect Core section 12.2).
    """
    signed = signed_id_token(grant, client, access_token=access_token, nonce=nonce)
    if not client.id_token_encrypted_response_alg:
        return signed
    return encrypt(
        signed,
        client=client,
        algorithm=client.id_token_encrypted_response_alg,
        encoding=client.id_token_encrypted_response_enc,
    )


def signed_id_token(grant: Grant, client: RelyingParty, *, access_token: str = "", nonce: bool = True) -> str:
    """Return the ID token of a grant before it is encrypted, if it is."""
    claims = with_protocol_claims(_personal(grant), _protocol(grant, client, now()))
    if nonce and grant.nonce:
        claims["nonce"] = grant.nonce
    if access_token:
        claims["at_hash"] = half_hash(access_token, client.id_token_signed_response_alg)
    signed = sign(spoiled(claims, grant), algorithm=client.id_token_signed_response_alg, typ=TYPE)
    return with_spoiled_signature(signed, grant)


def half_hash(value: str, algorithm: str) -> str:
    """Return the left half of the value's hash, base64url (OpenID Connect Core section 3.1.3.6)."""
    digest = hashlib.sha512 if algorithm == "EdDSA" else hashlib.sha256
    whole = digest(value.encode()).digest()
    return base64.urlsafe_b64encode(whole[: len(whole) // 2]).rstrip(b"=").decode()


def _protocol(grant: Grant, client: RelyingParty, moment: datetime) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "iss": issuer_of(client.tenant),
        "sub": grant.sub,
        "aud": client.client_id,
        "iat": int(moment.timestamp()),
        "exp": int((moment + ID_TOKEN).timestamp()),
        "jti": new_jti(grant.transaction),
        **event_claims(grant, client),
        # Proofing before enrolment is outside ISO/IEC 27553-2; nothing is claimed about it (SB-03).
        "ial": "none",
    }
    if grant.session_id:
        claims["sid"] = grant.sid or grant.session_id
    if grant.policy:
        claims["policy"] = grant.policy
    return claims


def _personal(grant: Grant) -> dict[str, Any]:
    names = requested_names(grant.claims, "id_token")
    return personal_claims(grant.subject, names) if names else {}
