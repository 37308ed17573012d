"""How often a person is asked to sign in without a browser (T03): their phone is nobody's bell."""

from datetime import timedelta
from typing import Final

from authsvc.core.limits import Limit, TooMany
from authsvc.oidc.offering.provider import sandbox_offered
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused

OF_HINT: Final = Limit("ciba-hint", most=5, per=timedelta(minutes=2))
OF_PERSON: Final = Limit("ciba-person", most=10, per=timedelta(minutes=10))


def spend_hint(asked: Context) -> None:
    """Count that a relying party asks for somebody; raises RequestRefused (429) where it did too often.

    Counted is the hint as it came, so that nobody learns by it whether it names anybody. Automated suites ask
    for one test person all day long, and no phone is there.
    """
    if sandbox_offered(asked.tenant):
        return
    try:
        OF_HINT.spend(f"{asked.client.pk} {asked.backchannel.hint}")
    except TooMany as problem:
        raise RequestRefused(
            "temporarily_unavailable",
            "This was asked too often. Please wait.",
            rule="ciba-too-often",
            came=problem.detail,
            expected=f"at most {OF_HINT.most} in {OF_HINT.per}",
            status=429,
            headers={"Retry-After": str(problem.retry_after)},
        ) from None


def reaches(asked: Context) -> bool:
    """Count that the person is asked, by whomever, and say whether they may be asked once more.

    Where not, the relying party is told nothing: what others ask is none of its business.
    """
    subject = asked.backchannel.subject
    if subject is None or sandbox_offered(asked.tenant):
        return subject is not None
    try:
        OF_PERSON.spend(str(subject.pk))
    except TooMany:
        return False
    return True
