"""The victim's photograph on a head of another shape, as a mannequin's or the attacker's own."""

from __future__ import annotations

import cv2
import numpy as np

from authsvc.evaluation.pad_recordings import Recording

from .cut_paper_mask import worn_by
from .printing import gloss, printed
from .recording import Material, film_answer
from .scene import head_relief, solid


def make(material: Material) -> Recording:
    """Returns the answer of a head whose features lie where somebody else's do, 15 % narrower to 15 %
    broader, and of 0.7 to 1.3 times the depth.
    """
    rng = material.rng
    subject = printed(material.target, rng)
    shape = head_relief(worn_by(material.attacker, material.target))
    broad, deep = rng.uniform((0.85, 0.7), (1.15, 1.3))
    middle = subject.landmarks[27, 0] / subject.texture.shape[1] * (shape.shape[1] - 1)
    stretched = cv2.warpAffine(
        shape,
        np.array([[broad, 0, middle * (1 - broad)], [0, 1, 0]]),
        shape.shape[::-1],
        borderMode=cv2.BORDER_REPLICATE,
    )
    return film_answer(solid(subject, np.asarray(deep * stretched, np.float64), gloss=gloss(rng)), material)
