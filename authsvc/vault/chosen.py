"""By which application model a person's reference is kept, and new ones are; any process may ask."""

from typing import Final
from uuid import UUID

from authsvc.core.application_models import ApplicationModel, application_model
from authsvc.core.remembered import Remembered
from authsvc.policy.services import current_policy
from authsvc.subjects.models import Subject
from authsvc.vault.lifecycle import model_of

# A reference is of one model as long as it is, and a person's row names it no longer than that; which model
# stands in no seal, so that it is read anew after a while.
_letters: Final[Remembered[tuple[UUID, str], str]] = Remembered(seconds=10)


def model_for_new() -> ApplicationModel:
    """Return the model by which the tenant in scope keeps new references: the first that its policy names.

    Raises BrokenPolicy.
    """
    row = application_model(current_policy().models[0])
    assert row is not None
    return row


def model_of_reference(subject: Subject | None) -> ApplicationModel | None:
    """Return the model of a person's reference, None where there is none, or it is of one nobody knows."""
    if subject is None or not subject.has_face:
        return None
    return application_model(_letter(subject.tenant_id, subject.reference))


def _letter(tenant_id: UUID, pseudonym: str) -> str | None:
    known = _letters.get((tenant_id, pseudonym))
    if known is not None:
        return known
    letter = model_of(pseudonym)
    return None if letter is None else _letters.keep((tenant_id, pseudonym), letter)
