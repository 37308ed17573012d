"""The parts of a policy, each with the form by which it is changed; a part more is a row more."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from authsvc.core.quiet_hours import read_quiet_hours
from authsvc.core.texts import Text
from authsvc.management import policies
from authsvc.management.actors import Actor
from authsvc.policy.evaluate import Policy, read_policy
from authsvc.policy.services import current_document, with_changes
from portal.policies.forms import (
    HandoffForm,
    LeastAgeForm,
    ModelsForm,
    PicturesForm,
    PolicyForm,
    QuietHoursForm,
    RegionForm,
    StrictnessForm,
)

Changes = Mapping[str, Any]


def _published(by: Actor, changes: Changes) -> bool:
    """Publish a part that no act has for itself; False where it was so already."""
    before, newest = current_document(), policies.newest_number()
    document = with_changes(before, changes)
    if document == before:
        return False
    policies.publish(by=by, document=document, parties={}, over=newest)
    return True


@dataclass(frozen=True)
class Section:
    """One part: the keys of its sentences (management/policy_words.py), and how it is asked for.

    `initial` is what its form shows of a policy, `at_once` publishes what was asked for, and `said` is what
    people then read.
    """

    name: str
    title: Text
    lead: Text
    keys: tuple[str, ...]
    form: type[PolicyForm]
    initial: Callable[[Policy], dict[str, Any]]
    at_once: Callable[[Actor, Changes], bool]
    said: Text


def _hours(policy: Policy) -> dict[str, Any]:
    hours = read_quiet_hours(policy.quiet_hours)
    return vars(hours) if hours else {}


SECTIONS: Final = {
    row.name: row
    for row in (
        Section(
            "strictness",
            _("How alike faces must be"),
            _(
                "The stricter it is, the rarer a stranger is taken for the person, and the more often the"
                " person is refused."
            ),
            ("operating_point",),
            StrictnessForm,
            lambda policy: {"operating_point": policy.operating_point},
            _published,
            _("It holds for every face from now on."),
        ),
        Section(
            "pictures",
            _("Pictures and challenges"),
            _("How good pictures of a face must be, and what people are asked to do while they are filmed."),
            ("minimum_quality", "challenge"),
            PicturesForm,
            lambda policy: {"minimum_quality": policy.minimum_quality, "cues": list(policy.challenge)},
            _published,
            _("It holds for every face from now on."),
        ),
        Section(
            "models",
            _("Where faces are kept"),
            _(
                "The notice says it in plain words, and each token names the model. A face whose model is"
                " not chosen here counts no more until its person sets it up anew."
            ),
            ("first", "others", "justification"),
            ModelsForm,
            lambda policy: {
                "first": policy.models[0],
                "others": list(policy.models[1:]),
                "justification": policy.justification,
            },
            lambda by, changes: policies.set_models(by=by, **changes),
            _("New faces are kept so from now on. Nobody who has one is moved."),
        ),
        Section(
            "age",
            _("For whom the face is"),
            _(
                "Whoever is younger signs in by their passkey alone. The notice names the age, so that "
                "everybody with a face is asked anew before it is used again."
            ),
            ("least_age",),
            LeastAgeForm,
            lambda policy: {"least_age": policy.least_age},
            lambda by, changes: policies.set_least_age(by=by, age=changes["least_age"]),
            _("The notice says it from now on, and asks everybody with a face again."),
        ),
        Section(
            "phones",
            _("Signing in with a phone beside"),
            _(
                "Somebody at a computer scans its code with their phone and types there the number that "
                "the computer shows. That alone does not protect a person who types a number that a "
                "caller dictates, or that a false page passes on."
            ),
            ("handoff",),
            HandoffForm,
            lambda policy: {"handoff_digits": policy.handoff_digits, "handoff_near": policy.handoff_near},
            lambda by, changes: policies.set_handoff(
                by=by, digits=changes["handoff_digits"], near=changes["handoff_near"]
            ),
            _("It holds for every sign-in that begins from now on."),
        ),
        Section(
            "region",
            _("Where faces are processed"),
            _(
                "Pinned to a region, a face is judged by a worker there or by none, and no reference is "
                "written to a store elsewhere. While no worker is there, people sign in by their passkey "
                "alone. What was kept before stays where it is."
            ),
            ("region",),
            RegionForm,
            lambda policy: {"region": policy.region},
            lambda by, changes: policies.set_region(by=by, region=changes["region"]),
            _("It holds for every face from now on."),
        ),
        Section(
            "quiet",
            _("Quiet hours"),
            _(
                "In these hours nobody is told by push or mail that a relying party asks for a sign-in. "
                "The request waits on the person’s own page as long as it may. Whoever chooses hours of "
                "their own has those."
            ),
            ("quiet_hours",),
            QuietHoursForm,
            _hours,
            lambda by, changes: policies.set_quiet_hours(by=by, line=changes["quiet_hours"]),
            _("It holds for everybody who has not chosen hours of their own."),
        ),
    )
}
"""By the name that stands in the address."""


def section_of(key: str) -> str:
    """Return the name of the part that a sentence is changed by, "" where none is."""
    return next((row.name for row in SECTIONS.values() if key in row.keys), "")


def shown_in(section: Section, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a part's form shows of a policy."""
    return section.initial(read_policy(document))
