"""By which application model a person's reference is kept, and new ones are; any process may ask."""

from authsvc.core.application_models import ApplicationModel, application_model
from authsvc.policy.services import current_policy
from authsvc.subjects.models import Subject
from authsvc.vault.lifecycle import model_of


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
    return application_model(model_of(subject.reference))
