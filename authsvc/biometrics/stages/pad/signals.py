"""All PAD signals of a burst under their names in the fusion table."""

from __future__ import annotations

from collections.abc import Mapping

from .border import framing
from .continuity import identity_break
from .following import Following, following
from .lids import blink
from .light import light_response
from .motion import smile, stillness
from .observation import Observation
from .relief import perspective, relief
from .texture import banding, contrast, glare, grid


def scores(observed: Observation, answer: Following | None) -> Mapping[str, float]:
    """Returns each signal's raw score of this burst; a signal that needs another cue is absent."""
    single: dict[str, float | None] = {
        "following": None if answer is None else answer.agreement,
        "perspective": perspective(observed),
        "blink": blink(observed),
        "smile": smile(observed),
        "stillness": stillness(observed),
        "grid": grid(observed),
        "banding": banding(observed),
        "contrast": contrast(observed),
        "glare": glare(observed),
        "framing": framing(observed),
        "identity": identity_break(observed),
    }
    found = {name: score for name, score in single.items() if score is not None}
    return found | _relief_scores(observed) | _light_scores(observed)


def _relief_scores(observed: Observation) -> dict[str, float]:
    measured = relief(observed)
    if measured is None:
        return {}
    return {
        "residual": measured.residual,
        "relief": measured.gain,
        "share": measured.share,
        "rigidity": measured.rigidity,
    }


def _light_scores(observed: Observation) -> dict[str, float]:
    measured = light_response(observed)
    if measured is None:
        return {}
    return {"light": measured.agreement, "sides": measured.sides, "background": measured.background}


def measure(observed: Observation) -> tuple[Following | None, Mapping[str, float]]:
    """Returns the answer to the cues and all scores, measured once."""
    answer = following(observed)
    return answer, scores(observed, answer)
