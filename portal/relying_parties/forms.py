"""The form of a relying party; its fields, and what is right in them, are decided by authsvc.clients."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from authsvc.clients.certificates import pem_of, read_pem
from authsvc.clients.fields import FIELDS, in_groups
from authsvc.clients.kinds import (
    ADDRESS,
    ADDRESSES,
    ALGORITHM,
    CERTIFICATES,
    CHOICE,
    FLAG,
    KEYS,
    SCOPE,
    SECONDS,
    TEXT,
    TEXTS,
    Kind,
)
from authsvc.clients.models import RelyingParty
from authsvc.clients.setting import Setting
from authsvc.core.lengths import LONGEST_BLOCK
from authsvc.core.strictjson import NotJson, parse_json
from authsvc.core.texts import Text
from authsvc.policy.reach import attainable
from portal.relying_parties.kinds import KINDS, LEARNS, WHAT, PartyKind, kind_of


def _block(value: Any) -> str:
    """Return the text of a field that takes a block; raises ValidationError for one that is too long."""
    text = str(value or "")
    if len(text) > LONGEST_BLOCK:
        raise forms.ValidationError(
            _("This is too long: at most %(most)d characters."), params={"most": LONGEST_BLOCK}
        )
    return text


class AddressList(forms.CharField):
    """Addresses, one a line."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "none"})

    def prepare_value(self, value: Any) -> Any:
        """Show a list as lines."""
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """Return the lines that are not empty."""
        return [line.strip() for line in _block(value).splitlines() if line.strip()]


class CertificateList(forms.CharField):
    """Certificates in PEM (RFC 7468), one after another."""

    widget = forms.Textarea(attrs={"rows": 6, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """Show stored ones as PEM."""
        return "\n".join(map(pem_of, value)) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """Return each as DER in base64; raises ValidationError for text around them that is none."""
        try:
            return read_pem(_block(value))
        except ValueError:
            raise forms.ValidationError(_("This is not a list of certificates in PEM.")) from None


class KeySet(forms.CharField):
    """A JSON Web Key Set (RFC 7517)."""

    widget = forms.Textarea(attrs={"rows": 6, "spellcheck": "false"})
    # An object without keys was given all the same; what is wrong with it is said elsewhere.
    empty_values = [None, ""]

    def prepare_value(self, value: Any) -> Any:
        """Show a stored set as JSON."""
        if isinstance(value, dict):
            return json.dumps(value, indent=2)
        return value or ""

    def to_python(self, value: Any) -> Any:
        """Return the object, or None for nothing; raises ValidationError for text that is not JSON."""
        if not value or not value.strip():
            return None
        try:
            return parse_json(_block(value))
        except NotJson as problem:
            raise forms.ValidationError(
                _("This is not JSON: %(problem)s."), params={"problem": problem}
            ) from None


class LevelChoice(forms.RadioSelect):
    """The levels, one below the other; one that nobody can reach here now cannot be chosen, and says so."""

    def create_option(
        self, name: str, value: Any, label: Any, selected: Any, *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        """Return one radio button."""
        levels = [level.name for level in attainable()]
        if str(value) in levels:
            return super().create_option(name, value, label, selected, *args, **kwargs)
        said = _("%(label)s. It cannot be reached here now: at most %(most)s. Evidence says what is missing.")
        text = said % {"label": label, "most": levels[-1]}
        option = super().create_option(name, value, text, selected, *args, **kwargs)
        option["attrs"]["disabled"] = not selected
        return option


class Scopes(forms.MultipleChoiceField):
    """The scopes; whether there are refresh tokens is asked for once, by a setting of its own."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, choices: Iterable[tuple[str, Text]], **named: Any) -> None:
        super().__init__(choices=[pair for pair in choices if pair[0] != _OFFLINE], **named)

    def to_python(self, value: Any) -> list[str]:
        """Return the scopes that were ticked; what an older form sends beside them is dropped."""
        return [scope for scope in super().to_python(value) if scope != _OFFLINE]


_OFFLINE: Final = "offline_access"


def _text(row: Setting, common: dict[str, Any]) -> forms.Field:
    return forms.CharField(max_length=row.longest, **common)


def _choice(row: Setting, common: dict[str, Any]) -> forms.Field:
    return forms.ChoiceField(choices=row.options, **common)


def _scopes(row: Setting, common: dict[str, Any]) -> forms.Field:
    return Scopes(choices=row.options, **common)


# How the values of each kind are asked for.
_FIELDS: Mapping[Kind, Callable[[Setting, dict[str, Any]], forms.Field]] = {
    TEXT: _text,
    ADDRESS: _text,
    CHOICE: _choice,
    ALGORITHM: _choice,
    SCOPE: _scopes,
    TEXTS: lambda _row, common: AddressList(**common),
    ADDRESSES: lambda _row, common: AddressList(**common),
    CERTIFICATES: lambda _row, common: CertificateList(**common),
    FLAG: lambda _row, common: forms.BooleanField(**common),
    SECONDS: lambda _row, common: forms.IntegerField(min_value=0, **common),
    KEYS: lambda _row, common: KeySet(**common),
}
# Settings that are asked for in another way than their kind.
_WIDGETS: Final[Mapping[str, type[forms.Widget]]] = {"floor_level": LevelChoice}


def _field(name: str) -> forms.Field:
    row = FIELDS[name]
    common: dict[str, Any] = {"label": row.label, "help_text": row.help, "required": row.required}
    if name in _WIDGETS:
        common["widget"] = _WIDGETS[name]
    return _FIELDS[row.kind](row, common)


class KindForm(forms.Form):
    """The first step: what it is, and what people know it by."""

    kind = forms.ChoiceField(label=_("What is it?"), widget=forms.RadioSelect, initial=next(iter(KINDS)))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = _("%(label)s. %(help)s")
        choices = [(kind.name, said % {"label": kind.label, "help": kind.help}) for kind in KINDS.values()]
        cast("forms.ChoiceField", self.fields["kind"]).choices = choices
        self.fields |= {name: _field(name) for name in WHAT}


class SettingsForm(forms.Form):
    """Some settings of a relying party, each asked for by its row of clients/fields.py."""

    def __init__(self, *args: Any, names: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {name: _field(name) for name in names}

    def show_problems(self, problems: Mapping[str, Iterable[Text]]) -> None:
        """Put each problem beside its field, or above the form where no field shows it."""
        for name, said in problems.items():
            for message in said:
                if name in self.fields:
                    self.add_error(name, message)
                else:
                    self.add_error(None, f"{FIELDS[name].label if name in FIELDS else name}: {message}")


class RelyingPartyForm(SettingsForm):
    """All that an administrator decides about a relying party of a kind: little in sight, the rest folded.

    `given` are settings that were asked for before, which the form does not ask for again. Without a kind
    every setting is there.
    """

    def __init__(
        self,
        *args: Any,
        kind: PartyKind | None = None,
        party: RelyingParty | None = None,
        given: Iterable[str] = (),
        **kwargs: Any,
    ) -> None:
        known = set(given)
        self._kind = kind or kind_of(party or RelyingParty())
        self._further = self._kind.further(party) if kind or party else _all_further(self._kind)
        self._further = [
            (group, [row for row in rows if row.name not in known]) for group, rows in self._further
        ]
        self._in_sight = [name for name in (*WHAT, *self._kind.where, *LEARNS) if name not in known]
        names = [*self._in_sight, *(row.name for _, rows in self._further for row in rows)]
        super().__init__(*args, names=names, **kwargs)

    def in_sight(self) -> list[forms.BoundField]:
        """Return the fields that everybody is asked for."""
        return [self[name] for name in self._in_sight]

    def advanced(self) -> list[tuple[Text, list[forms.BoundField], bool]]:
        """Return the others under their headings, and whether one of them has a problem."""
        return [
            (group, [self[row.name] for row in rows], any(row.name in self.errors for row in rows))
            for group, rows in self._further
            if rows
        ]

    def clean(self) -> dict[str, Any]:
        """Ask for the scope of refresh tokens where they are wanted: it is one wish, with one control."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get(_OFFLINE) and "scopes" in values:
            values["scopes"] = [*values["scopes"], _OFFLINE]
        return values


def _all_further(kind: PartyKind) -> list[tuple[Text, list[Setting]]]:
    asked = {*WHAT, *kind.where, *LEARNS}
    return [(group, [row for row in rows if row.name not in asked]) for group, rows in in_groups()]


def values_of(party: RelyingParty) -> dict[str, Any]:
    """Return what the form shows of a relying party."""
    return {row.name: row.of(party) for _, rows in in_groups() for row in rows}
