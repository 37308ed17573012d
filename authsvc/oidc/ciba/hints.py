"""Whom a hint names."""

from authsvc.clients.models import RelyingParty
from authsvc.oidc.models import Grant
from authsvc.oidc.proofs.jose import NotVerified
from authsvc.oidc.tokens.hint import sub_of_hint
from authsvc.oidc.wire.refusal import RequestRefused
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
        sub = sub_of_hint(hint, client)
    except NotVerified as problem:
        raise RequestRefused(
            "invalid_request",
            "id_token_hint cannot be used.",
            rule="ciba-id-token-hint",
            came=problem,
            expected="an ID token of this issuer for this client",
        ) from None
    grant = Grant.objects.filter(client=client, sub=sub).select_related("subject").first()
    return grant.subject if grant else None
