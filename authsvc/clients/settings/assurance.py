"""How strongly people prove themselves for the relying party."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.assurance.levels import Level
from authsvc.clients.kinds import CHOICE, FLAG, SECONDS, TEXTS
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.clients.scopes import SCOPES
from authsvc.clients.setting import Agreement, Setting, Summary
from authsvc.clients.settings.groups import ASSURANCE
from authsvc.policy.reach import attainable

_LEVELS = (
    (Level.L1.name, _("L1 – one factor, or a session used again")),
    (Level.L2.name, _("L2 – passkey that verified its user, fresh; a face beside it where one was used")),
    (Level.L3.name, _("L3 – attested hardware key; with the face, an attested app too")),
    (Level.L4.name, _("L4 – certified hardware key, or L3 with face and local user verification")),
)


def _offered(value: Any) -> str:
    return str(_("Offered") if value else _("Not offered"))


def floor_of(party: RelyingParty, scopes: Collection[str]) -> Level:
    """Return the least level of a sign-in with these scopes: the relying party's, or a scope's above it."""
    floors = _read(SCOPE_FLOORS.of(party))
    return max(Level.L1, Level[party.floor_level], *(floors[name] for name in scopes if name in floors))


def _read(lines: Sequence[str]) -> Mapping[str, Level]:
    """Return the level by scope of the lines that name both."""
    pairs = [line.split() for line in lines]
    return {pair[0]: Level[pair[1]] for pair in pairs if len(pair) == 2 and pair[1] in Level.__members__}


def _lets_in_with_less(before: Sequence[str], after: Sequence[str]) -> bool:
    new = _read(after)
    return any(new.get(scope, Level.NONE) < level for scope, level in _read(before).items())


def _check_scope_floors(party: RelyingParty, problems: Problems) -> None:
    """Each line a scope and a level that can be reached here, no scope twice."""
    lines, levels = SCOPE_FLOORS.of(party), [level.name for level in attainable()]
    words = [line.split() for line in lines]
    good = [pair for pair in words if len(pair) == 2 and pair[0] in SCOPES and pair[1] in levels]
    if len({pair[0] for pair in good}) < len(lines):
        text = _("Write a scope and its level on each line, as: address {level}. At most {level} is reached.")
        problems.add(SCOPE_FLOORS.name, format_lazy(text, level=levels[-1]))


SCOPE_FLOORS = Setting(
    "scope_floors",
    TEXTS,
    group=ASSURANCE,
    label=_("Least assurance by scope"),
    help=_("A scope and its level a line, as: address L2. It only raises what is asked above."),
    summary=Summary(21, _("Least assurance by scope")),
    check=_check_scope_floors,
    approval=Agreement(_lets_in_with_less, _("It lets people in with less assurance.")),
)
SETTINGS = (
    Setting(
        "floor_level",
        CHOICE,
        group=ASSURANCE,
        label=_("Least assurance"),
        help=_("A sign-in that reaches less is an error, never a lower success."),
        choices=_LEVELS,
        summary=Summary(20, _("Least assurance"), tell=str),
    ),
    SCOPE_FLOORS,
    Setting(
        "face_offered",
        FLAG,
        group=ASSURANCE,
        label=_("Offer the face"),
        help=_("Off: people sign in with their passkey alone."),
        summary=Summary(30, _("Face"), tell=_offered),
    ),
    Setting("default_max_age", SECONDS, wire=True),
    Setting("default_acr_values", TEXTS, wire=True),
)
