"""What covers a face or dazzles the camera, from the colours of a few places of one face; no network.

A place that is covered has another colour than skin, also than the skin of this very face beside it. Colours
are compared as differences of logarithms (half the brightness, twice the red and the blue against green), so
that neither the light's strength nor the skin's shade counts: what is asked is whether the forehead is as the
cheeks are, not whether it is light or dark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.types import Image

Array = NDArray[np.float64]

WIDTH: Final = 128
HEIGHT: Final = 160
EYE_LINE: Final = 64
SPAN: Final = 44
"""A face laid level: the patch's size, the row of its eyes, and the pixels between them."""

_FIRST_EYE: Final = (WIDTH - SPAN) / 2

# Rows and columns of the patch: top, bottom, left, right. Brows, hair, lips and eyeballs are left out where
# skin is meant. Landmarks slip down where glasses mirror a lamp, so a lens reaches above the eye.
_PLACES: Final[Mapping[str, tuple[int, int, int, int]]] = {
    "forehead": (18, 34, 46, 82),
    "brows": (36, 46, 46, 82),
    "eye-1": (56, 78, 30, 54),
    "eye-2": (56, 78, 74, 98),
    "lens-1": (46, 78, 34, 54),
    "lens-2": (46, 78, 74, 94),
    "bridge": (66, 80, 60, 68),
    "cheek-1": (80, 92, 36, 50),
    "cheek-2": (80, 92, 78, 92),
    "nose": (88, 98, 58, 70),
    "beside-1": (94, 106, 44, 53),
    "beside-2": (94, 106, 75, 84),
    "mouth": (106, 118, 50, 78),
}
_LOWER: Final = ("nose", "beside-1", "beside-2", "mouth")

_BRIGHTNESS: Final = 0.5
_CHROMA: Final = 2.0
_DARKEST: Final = 6.0
"""Grey levels added before a logarithm: below about so much there is only noise."""

_STEP: Final = 6
"""Of the whole frame every so many pixels are looked at for what lies around the face."""

_BLOWN: Final = 200.0
_ABOVE_SKIN: Final = 1.3


def level(image: Image, landmarks: Array) -> Image:
    """Return the face of an RGB frame as HEIGHT×WIDTH RGB, with its eyes level on EYE_LINE."""
    left, right = landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)
    across = (right - left) / SPAN
    turn = np.array([[across[0], across[1]], [-across[1], across[0]]]) / float(across @ across)
    matrix = np.column_stack([turn, (_FIRST_EYE, EYE_LINE) - turn @ left])
    laid = cv2.warpAffine(
        image, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(laid, np.uint8)


def mouth_covered(colours: Mapping[str, Array]) -> float:
    """Return how far nose, mouth and what lies beside them, the nearest of all, are from brows and lids.

    About 0.1 without a mask. A beard leaves the nose free and counts for nothing, and so do a hat, above
    which the lids are free, and dark glasses, above which the brows are. Fails on a mask of the colour of the
    face.
    """
    return _apart(colours, _LOWER, ("brows", "eye-1", "eye-2"))


def eyes_covered(colours: Mapping[str, Array]) -> float:
    """Return how far both eyes with their lids are from brows and cheeks: about 0.1 without dark glasses.

    Fails on lenses of the colour of skin, and on clear ones, which it is not for.
    """
    return _apart(colours, ("eye-1", "eye-2"), ("brows", "cheek-1", "cheek-2"))


def forehead_covered(colours: Mapping[str, Array]) -> float:
    """Return how far the forehead down to the brows is from the face below: about 0.1 for a free one.

    A covering of the head that leaves a finger's breadth above the brows free counts for nothing. Cannot tell
    hair that hangs to the brows from a hat that does.
    """
    below = ("nose", "cheek-1", "cheek-2", "bridge", "eye-1", "eye-2")
    return _apart(colours, ("forehead", "brows"), below)


def colours_of(patch: Image) -> dict[str, Array]:
    """Return the weighted logarithmic colour of each place of a level face: its median."""
    smooth = cv2.blur(patch, (3, 3))
    return {
        name: _colour(np.median(smooth[top:bottom, left:right].reshape(-1, 3), axis=0))
        for name, (top, bottom, left, right) in _PLACES.items()
    }


def glare(patch: Image) -> float:
    """Return the share of a lens, the one that has more, that is blown out beside a cheek that is not.

    Below 0.03 without glasses. Each eye is compared with the cheek below it, so that a lamp aside is none.
    Fails where a whole face is burnt out.
    """
    shares = []
    for place, cheek in (("lens-1", "cheek-1"), ("lens-2", "cheek-2")):
        pixels, skin = _place(patch, place), float(np.median(_place(patch, cheek).mean(axis=-1)))
        blown = (pixels.min(axis=-1) > _BLOWN) & (pixels.mean(axis=-1) > _ABOVE_SKIN * skin)
        shares.append(float(blown.mean()))
    return max(shares)


def lips_seen(colours: Mapping[str, Array]) -> float:
    """Return the greatest distance between nose, mouth and what lies beside it: about 0.4 for a face.

    Cloth has one colour where a face has lips. Fails on printed masks, and in light without colours.
    """
    lower = [colours[name] for name in _LOWER]
    return max(float(np.linalg.norm(one - other)) for one in lower for other in lower)


def light_behind(image: Image, landmarks: Array, patch: Image) -> float:
    """Return the logarithm of how much brighter it is around and above the head than on the face.

    Below 0.7 for a face before a white wall, above 1 before a window. 0 where the frame shows only the face.
    """
    seen = image[::_STEP, ::_STEP].mean(axis=2)
    y, x = np.mgrid[0 : seen.shape[0], 0 : seen.shape[1]]
    middle, breadth = landmarks.mean(axis=0) / _STEP, float(np.ptp(landmarks[:, 0])) / _STEP
    beside = np.abs(x - middle[0]) > 0.85 * breadth
    above = y < middle[1] - 1.2 * breadth
    around = seen[(beside | above) & (y < middle[1] + 0.4 * breadth)]
    if around.size < 20:
        return 0.0
    face = np.mean([_place(patch, name).mean() for name in ("cheek-1", "cheek-2", "nose", "forehead")])
    return float(np.log((np.percentile(around, 60) + _DARKEST) / (face + _DARKEST)))


def _place(patch: Image, name: str) -> NDArray[np.uint8]:
    top, bottom, left, right = _PLACES[name]
    return patch[top:bottom, left:right]


def _colour(rgb: Array) -> Array:
    red, green, blue = np.asarray(rgb, np.float64) + _DARKEST
    mean = (red + green + blue) / 3
    chroma = _CHROMA * np.log([red / green, blue / green])
    return np.array([_BRIGHTNESS * np.log(mean), *chroma])


def _apart(colours: Mapping[str, Array], ones: Sequence[str], others: Sequence[str]) -> float:
    """Return the least distance between one of the first places and one of the others."""
    return min(float(np.linalg.norm(colours[a] - colours[b])) for a in ones for b in others)
