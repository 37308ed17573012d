"""Texts and lists: no longer than they may be, and nothing in them that a database or a page cannot hold."""

import unicodedata
from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, JSONField
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.clients.fields import FIELDS
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.core.lengths import LONGEST_ENTRY, MOST_ENTRIES
from authsvc.core.visible import is_visible


def check_texts(party: RelyingParty, problems: Problems) -> None:
    """Bound every text field, and refuse control characters in them and inside every JSON field.

    People read texts such as the name and trust what they read, so nothing in these may hide either.
    """
    for name, value, longest in _values(party):
        if longest and len(str(value)) > longest:
            problems.add(name, format_lazy(_("at most {most} characters"), most=longest))
        if isinstance(value, list | tuple) and len(value) > MOST_ENTRIES:
            problems.add(name, format_lazy(_("at most {most} entries"), most=MOST_ENTRIES))
        elif any(len(text) > LONGEST_ENTRY for text in _texts(value)):
            problems.add(name, format_lazy(_("at most {most} characters each"), most=LONGEST_ENTRY))
        if not all(_printable(text) for text in _texts(value)):
            problems.add(name, _("holds control characters"))
        elif isinstance(value, str) and not is_visible(value):
            problems.add(name, _("holds characters that cannot be seen, or that turn the text around"))


def _values(party: RelyingParty) -> Iterator[tuple[str, Any, int | None]]:
    for field in party._meta.concrete_fields:
        if isinstance(field, CharField | JSONField) and field.name != "extra":
            longest = field.max_length if isinstance(field, CharField) else None
            yield field.name, getattr(party, field.attname), longest
    for row in FIELDS.values():
        if row.column is None:
            yield row.name, row.of(party), row.longest


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _printable(text: str) -> bool:
    return not any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text)
