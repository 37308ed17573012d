"""The attack laboratory: one module a species, each making attack bursts from photographs.

A species is a kind of presentation attack instrument (ISO/IEC 30107-3). CLAIMED are those that PAD answers
for (pad_report.py); the others are made, measured and reported too, with what answers for them in
docs/liveness.md.
"""

from __future__ import annotations

from typing import Final

from authsvc.biometrics.challenges import Part

from . import (
    alternating_faces,
    bas_relief,
    bent_print,
    cut_out,
    cut_paper_mask,
    egg_print,
    even_light,
    feigned_blink,
    flat_print,
    frozen_video,
    half_and_half,
    head_puppet,
    known_frames,
    late_light,
    layered_paper,
    no_light,
    other_head,
    others_light,
    painted_light,
    pasted_eyes,
    permuted_light,
    print_on_head,
    puppet,
    puppet_on_screen,
    recorded_answer,
    rendered_head,
    right_cue_video,
    screen_photo,
    screen_video,
    swapped_each_frame,
    swapped_face,
    unlit_person,
)
from .recording import Make
from .unlit import UNLIT

SPECIES: Final[dict[str, Make]] = {
    "flat-print": flat_print.make,
    "bent-print": bent_print.make,
    "cut-out": cut_out.make,
    "print-on-head": print_on_head.make,
    "egg-print": egg_print.make,
    "bas-relief": bas_relief.make,
    "cut-paper-mask": cut_paper_mask.make,
    "layered-paper": layered_paper.make,
    "other-head": other_head.make,
    "feigned-blink": feigned_blink.make,
    "screen-photo": screen_photo.make,
    "screen-video": screen_video.make,
    "recorded-answer": recorded_answer.make,
    "swapped-face": swapped_face.make,
    "swapped-each-frame": swapped_each_frame.make,
    "alternating-faces": alternating_faces.make,
    "known-frames": known_frames.make,
    "pasted-eyes": pasted_eyes.make,
    "painted-light": painted_light.make,
    "even-light": even_light.make,
    "no-light": no_light.make,
    "unlit-person": unlit_person.make,
    "others-light": others_light.make,
    "permuted-light": permuted_light.make,
    "late-light": late_light.make,
    "frozen-video": frozen_video.make,
    "rendered-head": rendered_head.make,
    "head-puppet": head_puppet.make,
    "puppet": puppet.make,
    "puppet-on-screen": puppet_on_screen.make,
    "right-cue-video": right_cue_video.make,
    "half-and-half": half_and_half.make,
    **UNLIT,
}

EITHER: Final = frozenset(
    {
        *("puppet", "puppet-on-screen", "right-cue-video", "half-and-half", "swapped-each-frame"),
        *("pasted-eyes", "egg-print", "bas-relief", "cut-paper-mask", "layered-paper", "other-head"),
    }
)
"""Species that answer the turn alone as well, and are tried with it by `evaluate-pad --turn-alone`."""

MIXES: Final[dict[str, tuple[Part, ...]]] = {
    "feigned-blink": ("turn", "blink"),
    **dict.fromkeys(
        (
            *("painted-light", "even-light", "no-light", "unlit-person"),
            *("others-light", "permuted-light", "late-light", "head-puppet"),
            *EITHER,
            *UNLIT,
        ),
        ("turn", "light"),
    ),
}
"""The parts of the challenge that a species is made for, where it is not the turn alone."""
