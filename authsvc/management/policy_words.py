"""What a policy says, in sentences for administrators, and how two of them differ: never as JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.clients.fields import FIELDS
from authsvc.clients.models import RelyingParty
from authsvc.core.application_models import application_model
from authsvc.core.quiet_hours import read_quiet_hours
from authsvc.core.texts import Text, grouped
from authsvc.management.keeping import kept
from authsvc.policy.evaluate import CUES, Policy, read_policy

ONE_IN: Final[Mapping[str, int]] = {"1e-3": 1_000, "1e-4": 10_000, "3e-5": 33_000}
"""Of so many strangers one may be taken for the person, by operating point."""

CUE_WORDS: Final[Mapping[str, Text]] = {
    "turn": _("turn the head"),
    "light": _("look at changing light"),
    "blink": _("blink"),
    "smile": _("smile"),
}


@dataclass(frozen=True)
class Sentence:
    """What a policy says of one thing: its `key` is the same in every policy, and `label` names it."""

    key: str
    label: Text
    text: Text


@dataclass(frozen=True)
class Difference:
    """One thing of which two policies, or two settings, say something else; "" where one says nothing."""

    label: Text
    before: Text
    after: Text


def sentences(document: Mapping[str, Any]) -> list[Sentence]:
    """Return what a policy says, in the order in which people ask; of one that nobody can read, that."""
    try:
        policy = read_policy(document)
    except ValueError:
        unreadable = _("This release cannot read it: it names what is not there any more.")
        return [Sentence("unreadable", _("The policy"), unreadable)]
    first, *others = policy.models
    said = [
        Sentence("operating_point", _("How alike faces must be"), _strictness(policy)),
        Sentence("minimum_quality", _("How good pictures must be"), _quality(policy)),
        Sentence("challenge", _("What people are asked to do"), _asked(policy)),
        Sentence("first", _("New faces are kept"), _kept([first])),
        Sentence("others", _("Faces from before that go on counting"), _kept(others) or _("None but those.")),
        Sentence("least_age", _("For whom the face is"), _age(policy)),
        Sentence("handoff", _("Signing in with a phone beside"), _handoff(policy)),
        Sentence("region", _("Where faces are processed"), _region(policy)),
        Sentence("quiet_hours", _("Quiet hours"), _quiet(policy)),
        Sentence("agents", _("Programs that may sign people in"), _agents(policy)),
    ]
    if policy.justification:
        said.insert(5, Sentence("justification", _("Why they are kept so"), policy.justification))
    return said


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return of what two policies say something else, in their order."""
    then = {said.key: said for said in sentences(before)}
    now = {said.key: said for said in sentences(after)}
    found = []
    for key, said in {**then, **now}.items():
        old, new = (str(side[key].text) if key in side else "" for side in (then, now))
        if old != new:
            found.append(Difference(said.label, old, new))
    return found


def party_differences(party: RelyingParty, settings: Mapping[str, Any]) -> list[Difference]:
    """Return which settings of a relying party would be others, in the words of its own page."""
    found = []
    for name, value in settings.items():
        row = FIELDS[name]
        if is_other(party, name, value):
            found.append(Difference(row.label, setting_text(name, row.of(party)), setting_text(name, value)))
    return found


def is_other(party: RelyingParty, name: str, value: Any) -> bool:
    """Whether a setting of a relying party would be another; an empty list is one, whatever holds it."""
    now = FIELDS[name].of(party)
    return bool(now != value and (now or value))


def setting_text(name: str, value: Any) -> Text:
    """Return a setting's value as people read it: a choice by its label, a list by its lines."""
    if isinstance(value, list | tuple):
        return ", ".join(value) or _("nothing")
    return dict(FIELDS[name].options).get(str(value or ""), str(value))


def _strictness(policy: Policy) -> Text:
    words = _("Of {number} strangers at most one may be taken for the person (operating point {point}).")
    point = policy.operating_point.replace("-", "\N{NON-BREAKING HYPHEN}")
    return format_lazy(words, number=grouped(ONE_IN[policy.operating_point]), point=point)


def _quality(policy: Policy) -> Text:
    words = _("At least {least} of 100 points; below that people are asked for better pictures.")
    return format_lazy(words, least=policy.minimum_quality)


def _asked(policy: Policy) -> Text:
    cues = [str(CUE_WORDS[cue]) for cue in CUES if cue in policy.challenge]
    return format_lazy(_("Before the camera: {cues}."), cues=", ".join(cues))


def _kept(letters: Iterable[str]) -> str:
    rows = (application_model(letter) for letter in letters)
    return "; ".join(str(kept(row)) for row in rows if row is not None)


def _age(policy: Policy) -> Text:
    return format_lazy(_("For people of {age} years and more."), age=policy.least_age)


def _handoff(policy: Policy) -> Text:
    if not policy.handoff_digits:
        return _("Each sign-in stays on the device on which it began.")
    words = _("A phone may take a sign-in over by a number of {digits} digits.")
    if policy.handoff_near:
        words = _(
            "A phone may take a sign-in over by a number of {digits} digits, once the computer has found it "
            "by Bluetooth."
        )
    return format_lazy(words, digits=policy.handoff_digits)


def _region(policy: Policy) -> Text:
    if not policy.region:
        return _("Wherever a worker of this installation is.")
    return format_lazy(_("In {region} alone."), region=policy.region)


def _quiet(policy: Policy) -> Text:
    hours = read_quiet_hours(policy.quiet_hours)
    if hours is None:
        return _("People are told of requests at any time of day, unless they have chosen otherwise.")
    words = _(
        "Nobody is told of a request from {begin} to {end} ({zone}), unless they have chosen otherwise."
    )
    return format_lazy(words, begin=f"{hours.begin:%H:%M}", end=f"{hours.end:%H:%M}", zone=hours.zone)


def _agents(policy: Policy) -> Text:
    named = {"browser": _("Pages in a browser."), "simulator": _("The software phone, in a sandbox alone.")}
    allowed = [str(words) for name, words in named.items() if policy.agents.get(name)]
    return " ".join(allowed) or _("None: nobody can sign in.")
