"""Texts that one party writes and another reads: nothing in them may hide, or turn the words around."""

import unicodedata
from typing import Final

# Controls, formats (bidirectional ones, zero widths, tags), halves of pairs, private and unassigned ones, and
# separators of lines and paragraphs.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Characters of other categories that draw nothing (Default_Ignorable_Code_Point in Unicode's
# DerivedCoreProperties), and two blanks that count as letter and symbol.
_IGNORABLE: Final = frozenset(
    map(
        chr,
        (
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, 0x2800, 0x1D159),
            *range(0x180B, 0x1810),
            *range(0xFE00, 0xFE10),
            *range(0xE0000, 0xE1000),
        ),
    )
)


def is_visible(text: str) -> bool:
    """Whether every character of a text shows itself, if only as a blank, in the order in which it stands."""
    return not any(unicodedata.category(letter) in _HIDDEN or letter in _IGNORABLE for letter in text)
