"""The one table of a relying party's settings; form, client metadata, checks and pages derive from it.

A setting is a row in a file of settings/; those of one subject stand together. To add one is to add a
file there and its name below (docs/extending/client-setting.md).
"""

from importlib import import_module
from typing import Any, Final

from authsvc.clients.kinds import Kind
from authsvc.clients.models import RelyingParty
from authsvc.clients.setting import Setting
from authsvc.clients.settings.groups import GROUPS
from authsvc.core.texts import Text

_FILES: Final = (
    "about",
    "returning",
    "proof",
    "browserless",
    "assurance",
    "face",
    "presence",
    "justification",
    "received",
    "certificates",
    "life",
)


def _rows(file: str) -> tuple[Setting, ...]:
    rows: tuple[Setting, ...] = import_module(f"authsvc.clients.settings.{file}").SETTINGS
    return rows


FIELDS: Final = {row.name: row for file in _FILES for row in _rows(file)}


def of_kind(*kinds: Kind) -> list[Setting]:
    """Return the settings whose values are of these kinds."""
    return [row for row in FIELDS.values() if row.kind in kinds]


def on_the_wire() -> list[Setting]:
    """Return the settings that client metadata carry (RFC 7591)."""
    return [row for row in FIELDS.values() if row.wire]


def in_groups() -> list[tuple[Text, list[Setting]]]:
    """Return the settings that the form asks for, under their headings."""
    return [(group, [row for row in FIELDS.values() if row.group is group]) for group in GROUPS]


def summed_up() -> list[Setting]:
    """Return the settings that stand on a relying party's page, in their order there."""
    shown = [(row.summary.place, row) for row in FIELDS.values() if row.summary is not None]
    return [row for _, row in sorted(shown, key=lambda pair: pair[0])]


def put(party: RelyingParty, name: str, value: Any) -> None:
    """Set a setting, or another column, of a relying party; raises FieldDoesNotExist for what it has not."""
    if name in FIELDS:
        FIELDS[name].put(party, value)
    else:
        RelyingParty._meta.get_field(name)
        setattr(party, name, value)
