"""Whom the hint of a request without a browser names; comes after `one_hint` and `hints`."""

from authsvc.oidc.models import Grant
from authsvc.oidc.requests.wanted import Context
from authsvc.subjects.models import Subject


def check(context: Context) -> None:
    """Find the active person whom a `login_hint`, or the verified `id_token_hint` of this client, names.

    A login_hint is the organisation's own number for the person, or the email address that it has on
    record; one that fits several people names nobody. A hint that names nobody is taken like any other and
    never answered, for `unknown_user_id` would say of everybody whether they are known here (ADR 0287).
    """
    named = context.parameters.get("login_hint")
    found = _by_token(context) if named is None else _by_name(named)
    context.backchannel.hint = context.wanted.sub if named is None else named
    active = found is not None and found.status == Subject.Status.ACTIVE
    context.backchannel.subject = found if active else None


def _by_name(hint: str) -> Subject | None:
    if not hint:
        return None
    # Both are asked, whatever the first one says: a stranger's answer would take longer otherwise.
    numbered = list(Subject.objects.filter(external_id=hint)[:1])
    addressed = list(Subject.objects.filter(claims__email=hint)[:2])
    named = numbered or addressed
    return named[0] if len(named) == 1 else None


def _by_token(context: Context) -> Subject | None:
    rows = Grant.objects.filter(client=context.client, sub=context.wanted.sub)
    grant = rows.select_related("subject").first()
    return grant.subject if grant else None
