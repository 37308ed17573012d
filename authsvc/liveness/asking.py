"""What a relying party asks for by a session of liveness, and whether it may."""

import re
from collections.abc import Mapping
from typing import Final

from authsvc.biometrics.thresholds import faces_count
from authsvc.clients.models import RelyingParty
from authsvc.clients.scopes import LIVENESS
from authsvc.clients.validation.profile import KEY_METHODS
from authsvc.oidc.offering.provider import sandbox_offered
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.tenancy.models import Tenant
from authsvc.transactions.possession import IN_SANDBOX
from authsvc.transactions.records import LivenessRequest

_THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z")


def require_service(client: RelyingParty) -> None:
    """Raise RequestRefused (403) for a relying party without the scope, or one that holds no key."""
    if LIVENESS not in client.scopes:
        raise _not_for(
            client, "liveness-scope", "An administrator has to give this client the scope liveness."
        )
    if client.token_endpoint_auth_method not in KEY_METHODS:
        raise _not_for(client, "liveness-method", "It takes private_key_jwt or a client certificate.")


def _not_for(client: RelyingParty, rule: str, description: str) -> RequestRefused:
    came = f"{' '.join(client.scopes)}, {client.token_endpoint_auth_method}"
    return RequestRefused(
        "unauthorized_client", description, rule=rule, came=came, expected="the scope and a key", status=403
    )


def asked_by(tenant: Tenant, parameters: Mapping[str, str]) -> LivenessRequest:
    """Return what was asked; raises RequestRefused."""
    jkt = parameters.get("cnf_jkt", "")
    if not _THUMBPRINT.match(jkt):
        raise RequestRefused(
            "invalid_request",
            "cnf_jkt must be the thumbprint of the page's key, 43 characters of base64url.",
            rule="liveness-key",
            came=jkt,
            expected="an RFC 7638 thumbprint by SHA-256",
        )
    return LivenessRequest(jkt, _sandbox_outcome(tenant, parameters.get("sandbox_outcome", "")))


def _sandbox_outcome(tenant: Tenant, outcome: str) -> str:
    if not outcome:
        return ""
    if not sandbox_offered(tenant):
        raise _no_outcome(outcome, "This is no sandbox: a camera decides.", "nothing outside a sandbox")
    if outcome not in IN_SANDBOX:
        known = ", ".join(IN_SANDBOX)
        raise _no_outcome(outcome, f"sandbox_outcome must be one of {known}.", known)
    return outcome


def _no_outcome(came: str, description: str, expected: str) -> RequestRefused:
    return RequestRefused(
        "invalid_request", description, rule="liveness-sandbox", came=came, expected=expected
    )


def require_vouched() -> None:
    """Raise RequestRefused (503) while no evaluation record vouches for what would be judged."""
    if not faces_count():
        raise RequestRefused(
            "temporarily_unavailable",
            "No evaluation record or no policy stands here, so nothing can be vouched for.",
            rule="liveness-record",
            came="no record that stands, or no policy",
            expected="an evaluation record of this engine and these stages",
            status=503,
            headers={"Retry-After": "300"},
        )
