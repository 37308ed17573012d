"""What is erased because its time is over, whoever forgot it: the notice promises it (S10-05)."""

from datetime import timedelta

from django.db import transaction

from authsvc.core.clock import now
from authsvc.management.faces import erase
from authsvc.privacy.consent import consenting
from authsvc.privacy.notice import CONSENT_MONTHS
from authsvc.subjects.models import Subject
from authsvc.vault.lifecycle import made_before, revoke_reference, unused_since

UNUSED = timedelta(days=30 * CONSENT_MONTHS)
# What is younger may belong to an enrolment that is just being finished.
_SETTLED = timedelta(hours=1)
ACTOR = "retention"


def erase_overdue() -> int:
    """Erase the tenant's references that were not used for twelve months, or that no consent covers.

    Return how many. Sessions that rest on them end by themselves (`end_baseless_sessions`).
    """
    moment = now()
    unused = set(unused_since(moment - UNUSED))
    covered = set(consenting().values_list("reference", flat=True)) - unused
    due = [each for each in made_before(moment - _SETTLED) if each not in covered]
    for pseudonym in due:
        _erase(pseudonym, reason="unused" if pseudonym in unused else "no-consent")
    return len(due)


@transaction.atomic
def _erase(pseudonym: str, *, reason: str) -> None:
    owner = Subject.objects.select_for_update(no_key=True).filter(reference=pseudonym).first()
    if owner is None:
        revoke_reference(pseudonym=pseudonym, reason=reason)
    else:
        erase(owner, actor=ACTOR, reason=reason)
