"""Texts for people: marked with gettext where they are written, put into a language where they are shown."""

from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.functional import lazy
from django.utils.translation import override

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Marked
else:
    from django.utils.functional import Promise as Marked

Text = str | Marked
"""A text that is marked and not yet in a language, or one that needs none."""


# Once: each call of `lazy` makes a class of its own, which takes longer than to write a number.
_written = lazy(number_format, str)


def grouped(number: int) -> Text:
    """Return a whole number as its reader's language writes it: 10,000 or 10.000 or 10 000."""
    return _written(number, force_grouping=True)


def in_english(text: Text) -> str:
    """Return a text as protocols, logs and the audit log have it, whatever language its reader has."""
    with override("en"):
        return str(text)
