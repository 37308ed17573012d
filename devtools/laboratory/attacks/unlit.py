"""The species that carry the screen's light, without it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import (
    bas_relief,
    cut_paper_mask,
    egg_print,
    half_and_half,
    layered_paper,
    other_head,
    pasted_eyes,
    puppet,
    puppet_on_screen,
    right_cue_video,
    swapped_each_frame,
)
from .lights import steady, under
from .recording import Make

UNLIT: Final[Mapping[str, Make]] = {
    f"unlit-{name}": under(make, steady(0.0))
    for name, make in {
        "puppet": puppet.make,
        "puppet-on-screen": puppet_on_screen.make,
        "right-cue-video": right_cue_video.make,
        "swapped-each-frame": swapped_each_frame.make,
        "pasted-eyes": pasted_eyes.make,
        "half-and-half": half_and_half.make,
        "egg-print": egg_print.make,
        "bas-relief": bas_relief.make,
        "cut-paper-mask": cut_paper_mask.make,
        "layered-paper": layered_paper.make,
        "other-head": other_head.make,
    }.items()
}
"""Each answers as its namesake does under a screen that stays dark."""
