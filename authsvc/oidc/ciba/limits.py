"""How often a person is asked to sign in without a browser (T03): their phone is nobody's bell."""

from typing import Final

from django.db.models import QuerySet

from authsvc.core.clock import now
from authsvc.core.ids import secret_hash
from authsvc.limits.limit import TooMany
from authsvc.limits.register import CIBA_HINT, CIBA_PERSON
from authsvc.oidc.models import BackchannelRequest
from authsvc.oidc.offering.provider import sandbox_offered
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.limiting import spend
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.subjects.models import Subject

AT_ONCE: Final = 3
"""So many requests wait at once, of one relying party for one hint, and of all of them for one person."""


def spend_hint(asked: Context) -> None:
    """Count that a relying party asks for somebody; raises RequestRefused where it did too often.

    That is 403 where as many wait already as may, and 429 where it asked for more in a short time. Counted is
    the hint as it came, so that nobody learns by it whether it names anybody. Automated suites ask for one
    test person all day long, and no phone is there.
    """
    if sandbox_offered(asked.tenant):
        return
    waiting = _waiting().filter(client=asked.client, hint=hint_digest(asked)).count()
    if waiting >= AT_ONCE:
        raise RequestRefused(
            "access_denied",
            "As many requests for this hint wait already as may at once.",
            rule="ciba-too-many-waiting",
            came=f"{waiting} that wait",
            expected=f"at most {AT_ONCE} at once",
            status=403,
        )
    spend((CIBA_HINT, f"{asked.client.pk} {asked.backchannel.hint}"))


def hint_digest(asked: Context) -> str:
    """Return what tells the hint of a relying party from its others, in the row of a request."""
    return secret_hash(f"{asked.client.pk} {asked.backchannel.hint}")


def refusal_of_person(asked: Context) -> str:
    """Count that the person is asked; return why they may not be asked once more, "" where they may.

    Where not, the relying party is told nothing: what others ask is none of its business. Call in a
    transaction, for which the person's row is locked so that no two at once are the last.
    """
    subject = asked.backchannel.subject
    if subject is None:
        return "hint-names-nobody"
    if sandbox_offered(asked.tenant):
        return ""
    Subject.objects.select_for_update(no_key=True).filter(pk=subject.pk).first()
    if _waiting().filter(subject=subject).count() >= AT_ONCE:
        return "too-many-waiting"
    try:
        CIBA_PERSON.spend(str(subject.pk))
    except TooMany:
        return "asked-too-often"
    return ""


def _waiting() -> QuerySet[BackchannelRequest]:
    return BackchannelRequest.objects.filter(state=BackchannelRequest.State.PENDING, expires_at__gt=now())
