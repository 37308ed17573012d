"""Reading a logout request (OpenID Connect RP-Initiated Logout 1.0 section 2)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from authsvc.clients.directory import find_client
from authsvc.clients.models import RelyingParty
from authsvc.clients.redirection import is_among
from authsvc.oidc.models import Session
from authsvc.oidc.offering.provider import session_identifier, subject_identifier
from authsvc.oidc.proofs.refused import NotVerified
from authsvc.oidc.tokens.hint import claims_of_hint
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.tenancy.models import Tenant


@dataclass(frozen=True)
class LogoutRequest:
    """Who asks, whose session is meant, and where to go afterwards; all of it checked.

    `sub` and `sid` come from a hint that this issuer signed and are empty without one.
    """

    client_id: str = ""
    sub: str = ""
    sid: str = ""
    redirect_uri: str = ""
    state: str = ""

    def to_record(self) -> dict[str, Any]:
        """Return the request as JSON."""
        return asdict(self)

    def is_about(self, session: Session) -> bool:
        """Whether a signed hint names this very session, or its person."""
        client = find_client(self.client_id)
        if client is None or not self.sub:
            return False
        same_person = self.sub == subject_identifier(client, session.subject_id)
        # Tokens of the release before name the session itself.
        return same_person and self.sid in {"", session_identifier(client, session.pk), session.pk}


def read_logout_request(tenant: Tenant, parameters: Mapping[str, str]) -> LogoutRequest:
    """Check the parameters; raises RequestRefused where they contradict each other or lead elsewhere.

    A hint that this issuer did not sign says nothing. An address is followed only when it is registered,
    letter for letter, for the client that asks.
    """
    claims = _hinted(tenant, parameters.get("id_token_hint"))
    named = parameters.get("client_id", "")
    audience = str(claims.get("aud", ""))
    if named and audience and named != audience:
        raise _refused("logout-client", came=named, expected=audience)
    client = find_client(named or audience) if named or audience else None
    if named and client is None:
        raise _refused("logout-client", came=named, expected="a registered client_id")
    return LogoutRequest(
        client_id=client.client_id if client else "",
        sub=str(claims.get("sub", "")),
        sid=str(claims.get("sid", "")),
        redirect_uri=_checked(client, parameters.get("post_logout_redirect_uri", "")),
        state=parameters.get("state", ""),
    )


def _hinted(tenant: Tenant, hint: str | None) -> dict[str, Any]:
    if hint is None:
        return {}
    try:
        return claims_of_hint(hint, tenant)
    except NotVerified as problem:
        raise _refused("logout-hint", came=str(problem), expected="an ID token of this issuer") from None


def _checked(client: RelyingParty | None, uri: str) -> str:
    if not uri:
        return ""
    registered = client.post_logout_redirect_uris if client else []
    if not is_among(uri, registered):
        raise _refused(
            "post-logout-redirect-uri",
            came=uri,
            expected=", ".join(registered) or "a client that has registered it",
        )
    return uri


def _refused(rule: str, *, came: str, expected: str) -> RequestRefused:
    return RequestRefused(
        "invalid_request", "The logout request cannot be followed.", rule=rule, came=came, expected=expected
    )
