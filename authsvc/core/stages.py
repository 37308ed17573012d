"""The stages of the biometric system's one pipeline, and the plans that are made of them.

An application model names its plan by this list; biometrics/pipeline.py holds what a stage does.
"""

from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """One stage; what it takes, an earlier one has left."""

    DECODE = "decode"
    TRACKING = "tracking"
    QUALITY = "quality"
    DESCRIPTION = "description"
    PAD = "pad"
    IAD = "iad"
    FEATURES = "features"
    AGREEMENT = "agreement"
    TEMPLATE = "template"
    VAULT = "vault"
    COMPARISON = "comparison"


Plan = tuple[Stage, ...]

LIVENESS: Final[Plan] = (Stage.DECODE, Stage.QUALITY, Stage.PAD, Stage.IAD)
"""What every plan holds, and no decision is taken without (S9.2-04): a sound sample of a living person."""

VERIFY: Final[Plan] = (
    Stage.DECODE,  # what the sample is: its form, its chain, its pictures
    Stage.TRACKING,  # whose face, followed through the frames
    Stage.QUALITY,  # good enough to be judged
    Stage.DESCRIPTION,  # features of some frames, in one batch
    Stage.PAD,  # a living person who follows the cues
    Stage.IAD,  # frames that a camera took
    Stage.FEATURES,  # the probe
    Stage.VAULT,  # the reference, opened
    Stage.COMPARISON,  # one person or two
)
"""A sign-in whose face is compared by a worker."""

ENROL: Final[Plan] = (
    Stage.DECODE,
    Stage.TRACKING,
    Stage.QUALITY,
    Stage.DESCRIPTION,
    Stage.PAD,
    Stage.IAD,
    Stage.FEATURES,
    Stage.AGREEMENT,  # the best frames show one person
    Stage.TEMPLATE,  # what is kept of them
)
"""An enrolment that makes a reference."""

RENEW: Final[Plan] = (*VERIFY, Stage.AGREEMENT, Stage.TEMPLATE)
"""A renewal: who matches the reference adds a moment to it."""
