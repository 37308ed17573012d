"""The form of a relying party; its fields, and what is right in them, are decided by authsvc.clients."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from authsvc.clients.certificates import pem_of, read_pem
from authsvc.clients.fields import in_groups
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
from authsvc.clients.problems import RegistrationProblems
from authsvc.clients.setting import Setting
from authsvc.core.strictjson import NotJson, parse_json
from authsvc.core.texts import Text


class AddressList(forms.CharField):
    """Addresses, one a line."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "none"})

    def prepare_value(self, value: Any) -> Any:
        """Show a list as lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """Return the lines that are not empty."""
        return [line.strip() for line in (value or "").splitlines() if line.strip()]


class CertificateList(forms.CharField):
    """Certificates in PEM (RFC 7468), one after another."""

    widget = forms.Textarea(attrs={"rows": 6, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """Show stored ones as PEM."""
        return "\n".join(map(pem_of, value)) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """Return each as DER in base64; raises ValidationError for text around them that is none."""
        try:
            return read_pem(value or "")
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
            return parse_json(value)
        except NotJson as problem:
            raise forms.ValidationError(
                _("This is not JSON: %(problem)s."), params={"problem": problem}
            ) from None


def _text(row: Setting, common: dict[str, Any]) -> forms.Field:
    return forms.CharField(max_length=row.longest, **common)


def _choice(row: Setting, common: dict[str, Any]) -> forms.Field:
    return forms.ChoiceField(choices=row.options, **common)


def _scopes(row: Setting, common: dict[str, Any]) -> forms.Field:
    return forms.MultipleChoiceField(choices=row.options, widget=forms.CheckboxSelectMultiple, **common)


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


def _field(row: Setting) -> forms.Field:
    common = {"label": row.label, "help_text": row.help, "required": row.required}
    return _FIELDS[row.kind](row, common)


class RelyingPartyForm(forms.Form):
    """What an administrator decides about a relying party: the settings that have a group."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {row.name: _field(row) for _, rows in in_groups() for row in rows}

    def groups(self) -> list[tuple[Text, list[forms.BoundField]]]:
        """Return the fields under their headings."""
        return [(group, [self[row.name] for row in rows]) for group, rows in in_groups()]

    def show_problems(self, problems: RegistrationProblems) -> None:
        """Put each problem beside its field, or above the form where no field shows it."""
        for name, said in problems.fields.items():
            for message in said:
                if name in self.fields:
                    self.add_error(name, message)
                else:
                    self.add_error(None, f"{name}: {message}")


def values_of(party: RelyingParty) -> dict[str, Any]:
    """Return what the form shows of a relying party."""
    return {row.name: row.of(party) for _, rows in in_groups() for row in rows}
