"""The behaviour of every model in the table of core/application_models.py, which is the one list of them."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from authsvc.core.application_models import APPLICATION_MODELS, ApplicationModel, Place
from authsvc.core.stages import LIVENESS, Stage
from authsvc.policy.services import current_policy
from authsvc.protection.base import Protection


def check(protection: Protection, row: ApplicationModel) -> Protection:
    """Return the behaviour; raises ValueError where it is not what its row says, or leaves liveness out.

    Whatever else a plan holds, it looks for a living person before a real camera, and where the server
    compares, a sign-in has a comparison. What adds to a reference, or lets a passkey in, always has one;
    where nothing is kept there is no such plan.
    """
    if protection.letter != row.letter:
        raise ValueError(f"{row.name} is of model {protection.letter}, its row of {row.letter}")
    adding = (protection.renew, protection.bind)
    if not row.keeps and any((protection.enrol, *adding)):
        raise ValueError(f"{row.name} keeps nothing, and has a plan that makes a reference")
    kept = (protection.enrol, *adding) if row.keeps else ()
    for plan in (protection.verify, *kept):
        if tuple(stage for stage in plan if stage in LIVENESS) != LIVENESS:
            raise ValueError(f"{row.name} has a plan without {', '.join(LIVENESS)} in this order")
    if (Stage.COMPARISON in protection.verify) != (row.compared == Place.SERVER):
        raise ValueError(f"{row.name} is compared {_at(row.compared)}, and its plan says otherwise")
    if row.keeps and any(Stage.COMPARISON not in plan for plan in adding):
        raise ValueError(f"{row.name} adds to a reference what no worker compared")
    return protection


def _at(place: Place) -> str:
    return str(place) if place is Place.NOWHERE else f"on the {place}"


def _behaviour(row: ApplicationModel) -> Protection:
    return check(import_module(f"authsvc.protection.{row.name}").PROTECTION, row)


PROTECTIONS: Final[Mapping[str, Protection]] = {row.letter: _behaviour(row) for row in APPLICATION_MODELS}


def is_allowed(letter: str) -> bool:
    """Tell whether the tenant's policy lets references of a model count; raises BrokenPolicy."""
    return letter in current_policy().models
