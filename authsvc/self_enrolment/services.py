"""Somebody came from the provider: who that is here, and the link by which they enrol.

A provider is believed about its own tenant and nobody else's. Somebody is known by issuer and sub, and the
first time by the number that the organisation gave them; never by an e-mail address.
"""

from datetime import timedelta
from typing import Any, Final

from django.db import IntegrityError
from django.db import transaction as database

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.enrolment.services import create_link, is_in_use
from authsvc.federation.refused import AnswerRefused
from authsvc.seals.kinds import BY_PROVIDER
from authsvc.self_enrolment.models import Arrival, PeopleProvider
from authsvc.self_enrolment.refused import AlreadyEnrolled, NotAdmitted, TakenByAnother
from authsvc.self_enrolment.rules import Claims, Newcomer, require_admitted, taken
from authsvc.subjects.amending import PersonSuspended, is_suspended
from authsvc.subjects.models import Subject

LINK_LIFE: Final = timedelta(minutes=30)
"""Of the link that somebody follows at once: they read the notice, and have to finish within it."""


def arrive(row: PeopleProvider, claims: Claims) -> str:
    """Return the URL of an enrolment link for whom these claims are about; raises Refused.

    They are found by what the provider calls them, or by their number; or are made, where the rule lets
    newcomers in. Nobody who can sign in already gets a link.
    """
    require_admitted(row, claims)
    said = taken(row, claims)
    try:
        return _arrive(row, claims["sub"], said)
    except IntegrityError:
        # The same person came twice at once, or somebody has just got the number.
        raise AnswerRefused(detail="somebody was entered meanwhile with the same sub or number") from None


@database.atomic
def _arrive(row: PeopleProvider, sub: str, said: Newcomer) -> str:
    known = Arrival.objects.filter(issuer=row.issuer, sub=sub).first()
    if known is not None:
        subject = _locked(pk=known.subject_id)
    else:
        subject = _locked(external_id=said.external_id) if said.external_id else None
        if subject is not None:
            _require_unknown(row, subject)
    if subject is None:
        subject = _enter(row, said)
    _require_free(subject)
    if known is None:
        Arrival.objects.create(issuer=row.issuer, sub=sub, subject=subject, came_at=now())
    record(Tag.PERSON_CAME_BY_PROVIDER, subject=str(subject.pk), issuer=row.issuer, new=known is None)
    return create_link(subject=subject, created_by=BY_PROVIDER, life=LINK_LIFE)[1]


def origin_of(subject: Subject) -> list[Arrival]:
    """Return from which providers a person came, the newest first."""
    return list(Arrival.objects.filter(subject=subject).order_by("-came_at"))


def forget_arrivals(subject: Subject) -> None:
    """Forget what a provider calls a person, who is erased."""
    # One by one: no older copy of such a row comes back.
    for row in Arrival.objects.unchecked().filter(subject=subject):
        row.delete()


def _locked(**whom: Any) -> Subject | None:
    return Subject.objects.select_for_update(no_key=True).filter(**whom).first()


def _require_unknown(row: PeopleProvider, subject: Subject) -> None:
    """Refuse a number whose person this provider calls otherwise: numbers are given to others later."""
    if Arrival.objects.unchecked().filter(subject=subject, issuer=row.issuer).exists():
        raise TakenByAnother(detail=f"person {subject.pk} has the number, and came with another sub")


def _require_free(subject: Subject) -> None:
    if subject.status == Subject.Status.CLOSED:
        raise NotAdmitted(detail=f"person {subject.pk} was erased")
    if is_suspended(subject):
        raise PersonSuspended(subject)
    if is_in_use(subject):
        raise AlreadyEnrolled(detail=f"person {subject.pk} can sign in already")


def _enter(row: PeopleProvider, said: Newcomer) -> Subject:
    if not row.newcomers:
        raise NotAdmitted(
            detail="nobody is known by this sub"
            + (f" or by this {row.external_id_claim!r}" if said.external_id else "")
            + ", and newcomers are not let in"
        )
    made = Subject.objects.create(name=said.name, external_id=said.external_id, claims=said.claims)
    record(Tag.SUBJECT_CREATED, actor=BY_PROVIDER, subject=str(made.pk))
    return made
