"""Name, floor and sector."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.assurance.acr import level_of
from authsvc.assurance.levels import Level
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.policy.reach import attainable

_SUBJECT_TYPES = ("pairwise", "public")


def check_identity(party: RelyingParty, problems: Problems) -> None:
    """A name people recognise, a floor that the tenant can serve, a known subject type."""
    if not party.name.strip():
        problems.add("name", _("A name is needed; people see it."))
    levels = attainable()
    names = [level.name for level in levels]
    if party.floor_level not in Level.__members__ or party.floor_level == "NONE":
        problems.add(
            "floor_level",
            format_lazy(
                _("{value} is not a level; use one of {levels}."),
                value=repr(party.floor_level),
                levels=", ".join(names),
            ),
        )
    elif party.floor_level not in names:
        text = _("{level} cannot be reached here; at most {most}.")
        problems.add("floor_level", format_lazy(text, level=party.floor_level, most=names[-1]))
    for acr in party.default_acr_values:
        if level_of(acr) not in levels:
            problems.add("default_acr_values", format_lazy(_("{acr} cannot be served here."), acr=repr(acr)))
    if party.subject_type not in _SUBJECT_TYPES:
        text = _("{value} is unknown; use pairwise or public.")
        problems.add("subject_type", format_lazy(text, value=repr(party.subject_type)))
