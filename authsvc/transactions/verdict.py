"""The worker's signed verdict: written and checked in one form (S6.2-04, S8.3-06)."""

import json
from typing import Any

from django.conf import settings
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from authsvc.core.errors import Refused
from authsvc.core.ids import b64u
from authsvc.transactions.models import Capture

_TYPE = "visor-verdict+jws"
OUTCOMES = ("accepted", "refused", "again")


def sign_verdict(claims: dict[str, Any]) -> str:
    """Return the claims as a compact JWS (EdDSA, RFC 8037); workers only."""
    key = OKPKey.import_key(
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": b64u(settings.SECRETS["verdict_public_key"]),
            "d": b64u(settings.SECRETS["verdict_private_key"]),
        }
    )
    return jws.serialize_compact({"alg": "Ed25519", "typ": _TYPE}, json.dumps(claims), key, ["Ed25519"])


def check_verdict(verdict: str, *, capture: Capture) -> dict[str, Any]:
    """Return the claims of a verdict on exactly this capture.

    Bound are tenant, transaction, capture and the digest of the sample. Raises Refused for anything
    forged, cross-wired or odd.
    """
    key = OKPKey.import_key(
        {"kty": "OKP", "crv": "Ed25519", "x": b64u(settings.SECRETS["verdict_public_key"])}
    )
    try:
        signed = jws.deserialize_compact(verdict, key, ["Ed25519"])
        claims: dict[str, Any] = json.loads(signed.payload)
    except (JoseError, ValueError, TypeError):
        raise _refused("the signature is not the worker's") from None
    if signed.protected.get("typ") != _TYPE:
        raise _refused("not a verdict")
    expected = {
        "tenant": str(capture.tenant_id),
        "transaction": capture.transaction_id,
        "capture": capture.id,
        "sample": capture.sample_digest,
    }
    wrong = sorted(name for name, value in expected.items() if claims.get(name) != value)
    if wrong or claims.get("outcome") not in OUTCOMES:
        raise _refused(f"the verdict is on another {', '.join(wrong) or 'outcome'}")
    return claims


def _refused(detail: str) -> Refused:
    return Refused("verdict-refused", "Something went wrong. Please start again.", detail=detail, status=409)
