"""All PAD signals of a burst under their names in the fusion table."""

from __future__ import annotations

from collections.abc import Mapping

from .border import framing
from .burst import Burst
from .continuity import identity_break
from .following import Following, following
from .light import light_response
from .motion import blink, smile, stillness
from .relief import perspective, relief
from .texture import banding, contrast, glare, grid


def scores(burst: Burst, answer: Following | None) -> Mapping[str, float]:
    """Returns each signal's raw score of this burst; a signal that needs another cue is absent."""
    single: dict[str, float | None] = {
        "following": None if answer is None else answer.agreement,
        "perspective": perspective(burst),
        "blink": blink(burst),
        "smile": smile(burst),
        "stillness": stillness(burst),
        "grid": grid(burst),
        "banding": banding(burst),
        "contrast": contrast(burst),
        "glare": glare(burst),
        "framing": framing(burst),
        "identity": identity_break(burst),
    }
    found = {name: score for name, score in single.items() if score is not None}
    return found | _relief_scores(burst) | _light_scores(burst)


def _relief_scores(burst: Burst) -> dict[str, float]:
    measured = relief(burst)
    if measured is None:
        return {}
    return {
        "residual": measured.residual,
        "relief": measured.gain,
        "share": measured.share,
        "rigidity": measured.rigidity,
    }


def _light_scores(burst: Burst) -> dict[str, float]:
    measured = light_response(burst)
    if measured is None:
        return {}
    return {"light": measured.agreement, "sides": measured.sides, "background": measured.background}


def measure(burst: Burst) -> tuple[Following | None, Mapping[str, float]]:
    """Returns the answer to the cues and all scores, measured once."""
    answer = following(burst)
    return answer, scores(burst, answer)
