"""Name, floor and sector."""

from authsvc.assurance.acr import ATTAINABLE, level_of
from authsvc.assurance.levels import Level
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems

_SUBJECT_TYPES = ("pairwise", "public")


def check_identity(party: RelyingParty, problems: Problems) -> None:
    """A name people recognise, a floor that the tenant can serve, a known subject type."""
    if not party.name.strip():
        problems.add("name", "A name is needed; people see it.")
    attainable = [level.name for level in ATTAINABLE]
    if party.floor_level not in Level.__members__ or party.floor_level == "NONE":
        problems.add(
            "floor_level", f"{party.floor_level!r} is not a level; use one of {', '.join(attainable)}."
        )
    elif party.floor_level not in attainable:
        problems.add("floor_level", f"{party.floor_level} cannot be reached here; at most {attainable[-1]}.")
    for acr in party.default_acr_values:
        if level_of(acr) not in ATTAINABLE:
            problems.add("default_acr_values", f"{acr!r} cannot be served here.")
    if party.subject_type not in _SUBJECT_TYPES:
        problems.add("subject_type", f"{party.subject_type!r} is unknown; use pairwise or public.")
