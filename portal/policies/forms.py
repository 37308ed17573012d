"""Forms of the policies' screen; what a tenant may have is decided by authsvc.policy and authsvc.clients."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from authsvc.clients.fields import FIELDS
from authsvc.clients.problems import RegistrationProblems
from authsvc.core.installation import away_from, region_of
from authsvc.core.texts import Text, grouped
from authsvc.management.keeping import kept
from authsvc.management.policy_words import CUE_WORDS
from authsvc.policy.evaluate import (
    CHALLENGED,
    CUES,
    DEFAULT,
    HANDOFF_DIGITS,
    LEAST_AGE,
    MOST_AGE,
    MOST_HANDOFF_DIGITS,
    MOST_WORDS,
    OPERATING_POINTS,
    takes_justification,
)
from authsvc.policy.reach import attainable, why_not_higher
from authsvc.policy.services import offered_models
from authsvc.reach.hours import HoursForm
from portal.relying_parties.forms import AddressList

Choices = Sequence[tuple[str, Text]]


class PolicyForm(forms.Form):
    """A form by which the policy is changed."""

    @property
    def changes(self) -> dict[str, Any]:
        """The parts of the policy that are asked for."""
        return self.cleaned_data


class LeastAgeForm(PolicyForm):
    """From which age on the face is for people."""

    least_age = forms.IntegerField(
        label=_("Years"),
        min_value=LEAST_AGE,
        max_value=MOST_AGE,
        help_text=format_lazy(
            _(
                "{least} at least: no measured error rate holds for younger people. Whoever agrees to the "
                "notice says that they are as old; nobody is asked for a date of birth."
            ),
            least=LEAST_AGE,
        ),
    )


def _chances(digits: int) -> Any:
    named = {"digits": digits, "of": grouped(10**digits)}
    return format_lazy(_("By a number of {digits} digits: a guess is right once in {of}"), **named)


class HandoffForm(PolicyForm):
    """Whether a phone may take over what began on another device, and by how long a number."""

    handoff_digits = forms.TypedChoiceField(
        label=_("A phone takes a sign-in over"),
        coerce=int,
        choices=[
            (0, _("Not at all: each sign-in stays on one device")),
            *((each, _chances(each)) for each in range(HANDOFF_DIGITS, MOST_HANDOFF_DIGITS + 1)),
        ],
        widget=forms.RadioSelect,
        help_text=_("One wrong number ends it. Such a sign-in reaches L2 at most, and its token says so."),
    )
    handoff_near = forms.BooleanField(
        label=_("The computer must find the phone by Bluetooth first"),
        required=False,
        help_text=_(
            "Then no false page can pass a sign-in on. Computers and phones that cannot do it sign in on one "
            "device. Who enrols has no passkey yet to be found by."
        ),
    )


class RegionForm(PolicyForm):
    """In which region faces are processed and references lie; one in which store and key service are."""

    region = forms.ChoiceField(label=_("Faces are processed"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        here = region_of("store")
        regions = [here] if here and not away_from(here) else []
        field = self.fields["region"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Wherever a worker is")), *((each, _in_region(each)) for each in regions)]
        if not regions:
            field.help_text = _(
                "An operator names the region of the store and of the key service in VISOR_COMPONENTS; "
                "faces can be pinned to it then."
            )


def _in_region(region: str) -> Any:
    return format_lazy(_("In {region} alone"), region=region)


class QuietHoursForm(PolicyForm, HoursForm):
    """When people are told of nothing who have not chosen themselves."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"].help_text = _("Leave all three empty, and people are told at any time of day.")

    def clean(self) -> dict[str, Any]:
        """Ask for all of it, or nothing."""
        cleaned: dict[str, Any] = super().clean() or {}
        self.require_hours(self.entered)
        return cleaned

    @property
    def changes(self) -> dict[str, Any]:
        """The hours as a policy has them."""
        return {"quiet_hours": self.entered}


class ModelsForm(PolicyForm):
    """Where references are kept: of new ones, and of which before that go on counting."""

    first = forms.ChoiceField(
        label=_("New faces"),
        widget=forms.RadioSelect,
    )
    others = forms.MultipleChoiceField(
        label=_("Faces from before that go on counting"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Nobody is moved: a face stays where it is kept until its person sets it up anew."),
    )
    justification = forms.CharField(
        label=_("Justification"),
        max_length=MOST_WORDS,
        required=False,
        help_text=_(
            "Where the server can open what is kept alone, or sends it to phones: why nothing less will do."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first", "others"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(row.letter, kept(row)) for row in offered_models()]

    def clean(self) -> dict[str, Any]:
        """Ask for a justification where one of the models takes it."""
        cleaned: dict[str, Any] = super().clean() or {}
        if takes_justification(self.models) and not cleaned.get("justification", "").strip():
            self.add_error("justification", _("Say why nothing less will do."))
        return cleaned

    @property
    def changes(self) -> dict[str, Any]:
        """The models, and why where one takes a reason."""
        return {"models": self.models, "justification": self.cleaned_data["justification"]}

    @property
    def models(self) -> list[str]:
        """The chosen letters, that of new references first."""
        first = self.cleaned_data.get("first")
        others = self.cleaned_data.get("others", [])
        return [*([first] if first else []), *(each for each in others if each != first)]


_POINTS = {
    "1e-4": _("Of 10,000 strangers at most one may be taken for the person (operating point 1e-4)"),
    "3e-5": _(
        "Of 33,000 strangers at most one (operating point 3e-5): the right person is refused more often"
    ),
}


class StrictnessForm(PolicyForm):
    """How alike two faces must be."""

    operating_point = forms.ChoiceField(
        label=_("How alike faces must be"),
        choices=[(point, _POINTS[point]) for point in OPERATING_POINTS[1:]],
        widget=forms.RadioSelect,
        help_text=_("What was measured at each is below. A point without a measurement lets no face count."),
    )


class PicturesForm(PolicyForm):
    """How good pictures must be, and what people are asked to do before the camera."""

    minimum_quality = forms.IntegerField(
        label=_("Points of 100"),
        min_value=DEFAULT["minimum_quality"],
        max_value=100,
        help_text=_("Below it people are asked for better pictures, which costs them no try."),
    )
    cues = forms.MultipleChoiceField(
        label=_("Before the camera people are asked to"),
        choices=[(cue, CUE_WORDS[cue]) for cue in CUES],
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Turning the head is always among them. Who cannot do it, or whom changing light can harm, says "
            "so once and is asked otherwise."
        ),
    )

    def clean_cues(self) -> list[str]:
        """Leave no challenge without the turn of the head, by which liveness is judged."""
        cues: list[str] = self.cleaned_data["cues"]
        if "turn" not in cues:
            raise forms.ValidationError(_("Turning the head cannot be left out."))
        return cues

    @property
    def changes(self) -> dict[str, Any]:
        """The parts of the policy that are asked for."""
        wanted = self.cleaned_data
        return {"minimum_quality": wanted["minimum_quality"], "challenge": {CHALLENGED: wanted["cues"]}}


class Levels(forms.RadioSelect):
    """Levels to choose from, of which those that cannot be reached here cannot be chosen."""

    out_of_reach: frozenset[str] = frozenset()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return an option, disabled where nobody could meet it."""
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        if str(value) in self.out_of_reach:
            option["attrs"]["disabled"] = True
        return option


class PartyForm(forms.Form):
    """What a relying party asks of people, as the draft would have it."""

    floor_level = forms.ChoiceField(widget=Levels, label=FIELDS["floor_level"].label)
    scope_floors = AddressList(required=False, label=FIELDS["scope_floors"].label)
    face = forms.ChoiceField(required=False, widget=forms.RadioSelect, label=FIELDS["face"].label)
    presence = forms.ChoiceField(required=False, widget=forms.RadioSelect, label=FIELDS["presence"].label)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("floor_level", "face", "presence"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = FIELDS[name].options
        for name, field in self.fields.items():
            field.help_text = FIELDS[name].help
        for name in ("face", "presence"):
            self.fields[name].help_text = _("Requiring it needs the reasons that its own page asks for.")
        self._name_what_is_out_of_reach()

    def _name_what_is_out_of_reach(self) -> None:
        """Let levels that nobody reaches here be chosen no more, and say why; the present one stays."""
        reached = {level.name for level in attainable()}
        options = [name for name, _label in FIELDS["floor_level"].options]
        away = [name for name in options if name not in reached and name != self.initial.get("floor_level")]
        if not away:
            return
        field = self.fields["floor_level"]
        assert isinstance(field.widget, Levels)
        field.widget.out_of_reach = frozenset(away)
        field.help_text = format_lazy(
            _("{help} {levels} cannot be reached here now: {why}."),
            help=FIELDS["floor_level"].help,
            levels=", ".join(away),
            why="; ".join(gettext(reason) for reason in why_not_higher()),
        )

    def show_problems(self, problems: RegistrationProblems) -> None:
        """Put each problem beside its field; what is set at the party's own page is said above the form."""
        for name, said in problems.fields.items():
            for message in said:
                if name in self.fields:
                    self.add_error(name, message)
                else:
                    label = FIELDS[name].label if name in FIELDS else name
                    self.add_error(None, format_lazy("{label}: {said}", label=label, said=message))


class VersionsForm(forms.Form):
    """Which two versions are compared."""

    before = forms.TypedChoiceField(label=_("Before"), coerce=int)
    after = forms.TypedChoiceField(label=_("After"), coerce=int)

    def __init__(self, *args: Any, numbers: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(number, number_of(number)) for number in numbers]


def number_of(number: int) -> Any:
    """Return what a version is called."""
    return format_lazy(_("Version {number}"), number=number) if number else _("Version 0, as it ships")


class TouchedFilter(forms.Form):
    """Whom a dry run touches: by what, and for which relying party."""

    change = forms.ChoiceField(label=_("What happens"), required=False)
    party = forms.ChoiceField(label=_("Relying party"), required=False)
    reason = forms.ChoiceField(label=_("Why"), required=False)

    def __init__(self, *args: Any, changes: Choices, parties: Choices, reasons: Choices) -> None:
        super().__init__(*args)
        every = {"change": changes, "party": parties, "reason": reasons}
        for name, choices in every.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", _("All")), *choices]
