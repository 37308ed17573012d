"""Texts: no longer than their column, and nothing in them that a database or a page cannot hold."""

from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, JSONField
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems


def check_texts(party: RelyingParty, problems: Problems) -> None:
    """Bound every text field, and refuse control characters in them and inside every JSON field."""
    for field in party._meta.concrete_fields:
        if not isinstance(field, CharField | JSONField):
            continue
        value = getattr(party, field.attname)
        if isinstance(field, CharField) and field.max_length and len(str(value)) > field.max_length:
            problems.add(field.name, format_lazy(_("at most {most} characters"), most=field.max_length))
        if not all(_printable(text) for text in _texts(value)):
            problems.add(field.name, _("holds control characters"))


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
    return not any(ord(letter) < 32 or 0xD800 <= ord(letter) <= 0xDFFF for letter in text)
