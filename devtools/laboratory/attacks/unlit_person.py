"""The software phone's own head, which follows every cue, and on which the light of the page alone falls."""

from __future__ import annotations

from typing import Final

from .lights import steady, under
from .phone_head import make as phone_head

_PAGE: Final = 0.76
"""The page's white as the software phone shows it beside the cues of light."""

make = under(phone_head, steady(_PAGE))
