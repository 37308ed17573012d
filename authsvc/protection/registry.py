"""The behaviour of every model in the table of core/application_models.py, which is the one list of them."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from authsvc.core.application_models import APPLICATION_MODELS, ApplicationModel, Place
from authsvc.core.stages import LIVENESS, Stage
from authsvc.policy.services import current_policy
from authsvc.protection.base import Protection
from authsvc.subjects.models import Subject
from authsvc.vault.lifecycle import model_of


def check(protection: Protection, row: ApplicationModel) -> Protection:
    """Return the behaviour; raises ValueError where it is not what its row says, or leaves liveness out.

    Whatever else a plan holds, it looks for a living person before a real camera, and where the server
    compares, a sign-in has a comparison.
    """
    if protection.letter != row.letter:
        raise ValueError(f"{row.name} is of model {protection.letter}, its row of {row.letter}")
    for plan in (protection.verify, protection.enrol, protection.renew):
        if tuple(stage for stage in plan if stage in LIVENESS) != LIVENESS:
            raise ValueError(f"{row.name} has a plan without {', '.join(LIVENESS)} in this order")
    compares = row.compared == Place.SERVER
    if any((Stage.COMPARISON in plan) != compares for plan in (protection.verify, protection.renew)):
        raise ValueError(f"{row.name} is compared on the {row.compared}, and its plan says otherwise")
    return protection


def _behaviour(row: ApplicationModel) -> Protection:
    return check(import_module(f"authsvc.protection.{row.name}").PROTECTION, row)


PROTECTIONS: Final[Mapping[str, Protection]] = {row.letter: _behaviour(row) for row in APPLICATION_MODELS}


def protection_for_new() -> Protection:
    """Return the model by which the tenant in scope keeps new references: the first that its policy names."""
    return PROTECTIONS[current_policy().models[0]]


def protection_of(subject: Subject | None) -> Protection:
    """Return the model of a person's reference.

    Where there is no reference, or its row names a model that nobody knows, it is that of new references,
    which then opens nothing.
    """
    letter = model_of(subject.reference) if subject is not None and subject.has_face else None
    return PROTECTIONS.get(letter or "") or protection_for_new()
