"""One setting of a relying party: everything that is known of it, in one row."""

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field
from django.utils.translation import gettext

from authsvc.clients.kinds import CHOICE, FLAG, Kind
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.core.texts import Text

Told = str | list[str]

# How long the text of a setting without a column may be.
_LONGEST = 500


@dataclass(frozen=True)
class Summary:
    """How a setting stands on the page of a relying party.

    `place` orders the lines. `tell` turns a value into the text, or the lines, shown; without it a choice
    is told by its label. `tones` are the badges that single values are shown as. Nothing is shown of an
    empty value.
    """

    place: int
    label: Text
    tell: Callable[[Any], Told] | None = None
    tones: dict[str, str] | None = None


@dataclass(frozen=True)
class Agreement:
    """When to set a value takes more than one person's word in a live tenant, and why.

    `takes` looks at the value before and the one after; `why` is told to who asks and who agrees.
    """

    takes: Callable[[Any, Any], bool]
    why: Text


@dataclass(frozen=True)
class Setting:
    """One row of the table in fields.py.

    `wire` says that client metadata (RFC 7591) carry it, so that relying parties that register themselves
    may set it, under its own name or that of `member`. `group` is the heading under which the form
    asks for it; without one it is set in metadata alone.
    `check` is a rule of its own; those of its kind and those that bind several settings are in validation/.
    `approval` says which values take a second administrator (management/four_eyes.py); who registers itself
    cannot set them.
    `length` is how many characters it may have where the usual ones are not enough.
    A setting without a column of RelyingParty is kept in its `extra`, and needs no migration (ADR 0195).
    """

    name: str
    kind: Kind
    _: KW_ONLY
    wire: bool = False
    member: str = ""
    group: Text = ""
    label: Text = ""
    help: Text = ""
    choices: Sequence[tuple[str, Text]] = ()
    summary: Summary | None = None
    check: Callable[[RelyingParty, Problems], None] | None = None
    approval: Agreement | None = None
    length: int = 0

    @cached_property
    def column(self) -> "Field[Any, Any] | None":
        """The column that holds it, None where it is kept in `extra`."""
        try:
            found = RelyingParty._meta.get_field(self.name)
        except FieldDoesNotExist:
            return None
        assert isinstance(found, Field)
        return found

    @property
    def wire_name(self) -> str:
        """Its name in client metadata."""
        return self.member or self.name

    @property
    def longest(self) -> int:
        """How many characters a text of it may have."""
        if self.length:
            return self.length
        return _LONGEST if self.column is None else self.column.max_length or _LONGEST

    @property
    def required(self) -> bool:
        """Whether the form refuses an empty value."""
        return self.column is not None and not self.column.blank and self.kind is not FLAG

    @property
    def options(self) -> list[tuple[str, Text]]:
        """The values to choose from, each with its label."""
        offered = self.choices or (self.column.choices if self.column is not None else ())
        return [(str(value), label) for value, label in offered or ()]  # type: ignore[misc]

    def of(self, party: RelyingParty) -> Any:
        """Return its value."""
        if self.column is not None:
            return getattr(party, self.name)
        value = party.extra.get(self.name)
        return self.kind.empty if value is None else value

    def needs_approval(self, party: RelyingParty, value: Any) -> bool:
        """Whether setting this value takes another administrator's approval in a live tenant."""
        return self.approval is not None and self.approval.takes(self.of(party), value)

    def put(self, party: RelyingParty, value: Any) -> None:
        """Set its value; nothing is saved."""
        if self.column is not None:
            setattr(party, self.name, value)
        else:
            party.extra = {**party.extra, self.name: value}

    def told(self, party: RelyingParty) -> Told:
        """Return what is shown of its value, empty where there is nothing to show."""
        value = self.of(party)
        if self.summary is not None and self.summary.tell is not None:
            return self.summary.tell(value)
        if self.kind is CHOICE:
            return str(dict(self.options).get(value, "")) if value else ""
        if self.kind is FLAG:
            return gettext("Yes") if value else gettext("No")
        return list(value) if isinstance(value, list | tuple) else str(value or "")
