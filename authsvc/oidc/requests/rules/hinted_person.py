"""Whom the hint of a request without a browser names; comes after `one_hint` and `hints`."""

from authsvc.oidc.models import Grant
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.subjects.models import Subject


def check(context: Context) -> None:
    """Find the active person whom a `login_hint`, or the verified `id_token_hint` of this client, names.

    A login_hint is the organisation's own number for the person, or the email address that it has on
    record; one that fits several people names nobody.
    """
    by_name = "login_hint" in context.parameters
    found = _by_name(context.parameters["login_hint"]) if by_name else _by_token(context)
    if found is None or found.status != Subject.Status.ACTIVE:
        raise RequestRefused(
            "unknown_user_id",
            "The hint names nobody here.",
            rule="ciba-hint",
            came="login_hint" if by_name else "id_token_hint",
            expected="an active person",
        )
    context.backchannel.subject = found


def _by_name(hint: str) -> Subject | None:
    if not hint:
        return None
    for condition in ({"external_id": hint}, {"claims__email": hint}):
        rows = Subject.objects.filter(**condition)[:2]
        if len(rows) == 1:
            return rows[0]
    return None


def _by_token(context: Context) -> Subject | None:
    rows = Grant.objects.filter(client=context.client, sub=context.wanted.sub)
    grant = rows.select_related("subject").first()
    return grant.subject if grant else None
