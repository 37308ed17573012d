"""Software statements (RFC 7591 section 2.3): refused, unless the tenant trusts who signed them."""

from collections.abc import Mapping
from typing import Any

from authsvc.keys.algorithms import SIGNING
from authsvc.oidc.offering.provider import provider_options
from authsvc.oidc.proofs.client_keys import parse_keys
from authsvc.oidc.proofs.jose import read_unverified
from authsvc.oidc.proofs.refused import NotVerified
from authsvc.oidc.proofs.specifications import SOFTWARE_STATEMENT
from authsvc.oidc.proofs.statement import verify_statement
from authsvc.oidc.wire.refusal import RequestRefused


def with_statement(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata with those of their software statement, which count more than their own.

    Raises RequestRefused: unapproved_software_statement for an issuer that the tenant does not trust,
    invalid_software_statement for one that does not verify.
    """
    text = document.get("software_statement")
    if text is None:
        return dict(document)
    if not isinstance(text, str):
        raise _invalid("no text", "a signed JWT")
    try:
        issuer = read_unverified(text).get("iss")
        keys = provider_options().statement_issuers.get(str(issuer))
        if keys is None:
            raise RequestRefused(
                "unapproved_software_statement",
                "This issuer of software statements is not trusted here.",
                rule="software-statement",
                came=issuer,
                expected="an issuer that the tenant trusts",
            )
        claims = verify_statement(
            text,
            SOFTWARE_STATEMENT,
            keys=lambda _: parse_keys(keys["keys"], unwanted="enc"),
            algorithms=SIGNING,
            names={},
        ).claims
    except NotVerified as problem:
        raise _invalid(problem, "a signature of its issuer, and a time to come as exp") from None
    return {**document, **claims, "software_statement": text}


def _invalid(came: object, expected: str) -> RequestRefused:
    return RequestRefused(
        "invalid_software_statement",
        "The software statement cannot be used.",
        rule="software-statement",
        came=came,
        expected=expected,
    )
