"""Whom a hint names."""

from authsvc.clients.models import RelyingParty
from authsvc.oidc.issuer import issuer_of
from authsvc.oidc.jose import NotVerified, verify_own
from authsvc.oidc.models import Grant
from authsvc.oidc.refusal import RequestRefused
from authsvc.subjects.models import Subject


def find_hinted(client: RelyingParty, kind: str, hint: str) -> Subject:
    """Return the active person whom a `login_hint` or an `id_token_hint` of this client names.

    A login_hint is the organisation's own number for the person, or the email address that it has on
    record; one that fits several people names nobody. Raises RequestRefused.
    """
    found = _by_token(client, hint) if kind == "id_token_hint" else _by_name(hint)
    if found is None or found.status != Subject.Status.ACTIVE:
        raise RequestRefused(
            "unknown_user_id",
            "The hint names nobody here.",
            rule="ciba-hint",
            came=kind,
            expected="an active person",
        )
    return found


def _by_name(hint: str) -> Subject | None:
    if not hint:
        return None
    for condition in ({"external_id": hint}, {"claims__email": hint}):
        rows = Subject.objects.filter(**condition)[:2]
        if len(rows) == 1:
            return rows[0]
    return None


def _by_token(client: RelyingParty, hint: str) -> Subject | None:
    try:
        claims = verify_own(hint)
    except NotVerified as problem:
        raise _bad_token(str(problem)) from None
    if claims.get("iss") != issuer_of(client.tenant) or claims.get("aud") != client.client_id:
        raise _bad_token(f"iss {claims.get('iss')}, aud {claims.get('aud')}")
    grant = Grant.objects.filter(client=client, sub=str(claims.get("sub", ""))).select_related("subject")
    return next((row.subject for row in grant[:1]), None)


def _bad_token(came: str) -> RequestRefused:
    return RequestRefused(
        "invalid_request",
        "id_token_hint cannot be used.",
        rule="ciba-id-token-hint",
        came=came,
        expected="an ID token of this issuer for this client",
    )
