"""The families of PAD signals, a line each: the name in evaluation records, and the module in this folder.

A new signal is a module with what family.Family asks for, and a line here. A record holds for each listed
module (records/manifest.py reads this table), so one more voids it, and a renamed one does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FAMILIES: Final[Mapping[str, str]] = {
    "following": "following",
    "relief": "relief",
    "shape": "shape",
    "light": "light",
    "lids": "lids",
    "motion": "motion",
    "texture": "texture",
    "border": "border",
    "passive": "passive",
    "stretching": "stretching",
    "shading": "shading",
    "pasting": "pasting",
    "eyes": "eyes",
    "continuity": "continuity",
}
