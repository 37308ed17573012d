"""Texts for people: marked with gettext where they are written, put into a language where they are shown."""

from typing import TYPE_CHECKING

from django.utils.translation import override

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Marked
else:
    from django.utils.functional import Promise as Marked

Text = str | Marked
"""A text that is marked and not yet in a language, or one that needs none."""


def in_english(text: Text) -> str:
    """Return a text as protocols, logs and the audit log have it, whatever language its reader has."""
    with override("en"):
        return str(text)
