"""The worker's signed verdict: written and checked in one form (S6.2-04, S8.3-06)."""

import json
from contextlib import suppress

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.jws import CompactSignature

from authsvc.audit.tags import Tag
from authsvc.core.errors import Refused
from authsvc.core.ids import b64u
from authsvc.core.records import NotARecord
from authsvc.keys.held import accepted
from authsvc.transactions.models import Capture
from authsvc.transactions.records import Verdict

_TYPE = "visor-verdict+jws"
_DISBELIEVED = _("Something went wrong. Please start again.")


def sign_verdict(verdict: Verdict) -> str:
    """Return the verdict as a compact JWS (EdDSA, RFC 8037); workers only."""
    key = OKPKey.import_key(
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": b64u(settings.SECRETS["verdict_public_key"]),
            "d": b64u(settings.SECRETS["verdict_private_key"]),
        }
    )
    claims = json.dumps(verdict.to_json())
    return jws.serialize_compact({"alg": "Ed25519", "typ": _TYPE}, claims, key, ["Ed25519"])


def check_verdict(signed: str, *, capture: Capture) -> Verdict:
    """Return the verdict that a worker signed on exactly this capture.

    Bound are tenant, transaction, capture and the digest of the sample. Raises Refused for anything
    forged, cross-wired or odd.
    """
    opened = _opened(signed)
    if opened.protected.get("typ") != _TYPE:
        raise verdict_refused("not a verdict")
    try:
        verdict = Verdict.from_text(opened.payload)
    except NotARecord as problem:
        raise verdict_refused(str(problem)) from None
    _check_subject_matter(verdict, capture)
    return verdict


def _opened(signed: str) -> CompactSignature:
    """Return what the worker signed with its key, or with one that a rotation still accepts."""
    for public in accepted("verdict_public_key"):
        key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": b64u(public)})
        with suppress(JoseError, ValueError, TypeError):
            return jws.deserialize_compact(signed, key, ["Ed25519"])
    raise verdict_refused("the signature is not the worker's")


def _check_subject_matter(verdict: Verdict, capture: Capture) -> None:
    expected = {
        "tenant": str(capture.tenant_id),
        "transaction": capture.transaction_id,
        "capture": capture.id,
        "sample": capture.sample_digest,
    }
    wrong = sorted(name for name, value in expected.items() if getattr(verdict, name) != value)
    if wrong:
        raise verdict_refused(f"the verdict is on another {', '.join(wrong)}")


def verdict_refused(detail: str) -> Refused:
    """Return the refusal of a verdict; `detail` is for auditors."""
    return Refused("verdict-refused", _DISBELIEVED, detail=detail, status=409, tag=Tag.VERDICT_REFUSED)


def evidence_altered(detail: str) -> Refused:
    """Return the refusal of evidence that is not what the worker signed; `detail` is for auditors."""
    return Refused("verdict-altered", _DISBELIEVED, detail=detail, status=409, tag=Tag.VERDICT_REFUSED)
