"""Light response by region: the screen's colours must come back from the face, in order and in time, shaded
like a head, and from all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.challenges import COLOURS

from .calibration import Calibration
from .following import Following
from .observation import Array, Observation, PlannedCue
from .patches import SIDE
from .surroundings import logarithms, steadied

CALIBRATIONS: Final = {
    "light": Calibration(20.0, -16.0, -4.0, 2.0, 1.0),
    "order": Calibration(60.0, 0.0, -4.0, 2.0, 1.0),
    "sides": Calibration(-16.0, 16.5, -4.0, 1.0, 1.0),
    "weakest": Calibration(6.0, -2.0, -4.0, 1.0, 1.0),
    "background": Calibration(-10.0, 6.0, -4.0, 1.0, 1.0),
}
AGAINST: Final[Mapping[str, tuple[str, ...]]] = {
    "light": ("no-light", "unlit-person"),
    "order": ("others-light", "permuted-light", "late-light"),
    "sides": ("even-light",),
    "weakest": ("pasted-eyes", "swapped-each-frame"),
    "background": ("painted-light",),
}
FAILS: Final = {
    "light": "bright surroundings, to which the screen adds too little: asked again",
    "order": "a lamp or a television that changes in the screen's time",
    "sides": "hair before the cheeks; a picture on a head; light that is rendered by a head's shape",
    "weakest": "a hand before the face; a region in the sun; a blink while a colour is shown",
    "background": "a wall close behind the person",
}

PLAUSIBLE_MS: Final = (0.0, 250.0)
"""How long after a colour is asked for its light begins to be in a frame: display and the camera's own delay.
Who reads the screen and renders an answer has this much time, and that in which it settles.
"""

LEAST_GAIN: Final = 0.03
LEAST_AGREEMENT: Final = 0.8
"""Of an answer; below either one there is none, and the person is asked again."""

LEAST_LEAD: Final = -0.01
"""The same of its lead: two neighbouring hues may be hard to part on a skin that is nearly burnt out."""

CLEAR: Final = 0.85
CLEAR_GAIN: Final = 0.08
MISLED: Final = 0.06
"""Agreement and gain of other colours, and their lead, from which on the face answers something else: far
enough above what noise explains, so that nobody in a bright room is an attacker.
"""

EVEN: Final = 0.85
"""Gain of the surroundings over the face's from which on both are one picture."""

_LAGS: Final = np.arange(-200.0, 701.0, 50.0)
_IN_TIME: Final = (PLAUSIBLE_MS[0] <= _LAGS) & (PLAUSIBLE_MS[1] >= _LAGS)
_OUT_OF_TIME: Final = (PLAUSIBLE_MS[0] - 100 >= _LAGS) | (PLAUSIBLE_MS[1] + 100 <= _LAGS)
_SETTLING_MS: Final = 120.0
"""Within how long after that the light is wholly there: exposure, a display's rise, its unevenness, and how
exactly the end of a step that ends early is known. Frames in between tell nothing.
"""

_TINTS: Final = np.array([(1.0, 1.0, 1.0), (0.6, 0.97, 1.6), (0.3, 0.75, 2.6)])
"""How much stronger a display's red, green and blue are than a room's of its own colour, of 4000 and of about
3000 kelvin.
"""

_LEAST_FRAMES: Final = 6
_LEAST_REGIONS: Final = 3
_SELDOM: Final = 0.05
_FRONT, _NOSE, _CHEEKS, _EYES, _SIDES = slice(6), slice(2), slice(4, 6), slice(6, 8), slice(8, 12)
_RIGHT, _LEFT = [8, 10], [9, 11]
_HIDDEN: Final = 10.0
"""Degrees of a turn from which on the side of a face that it hides tells nothing."""

_BLENDS: Final[Sequence[Mapping[int, float]]] = (
    {28: 1.0},
    {30: 1.0},
    {27: 1.7, 33: -0.7},
    {57: 0.5, 8: 0.5},
    {31: 0.5, 41: 0.5},
    {35: 0.5, 46: 0.5},
    {37: 0.25, 38: 0.25, 40: 0.25, 41: 0.25},
    {43: 0.25, 44: 0.25, 46: 0.25, 47: 0.25},
    {2: 0.85, 31: 0.15},
    {14: 0.85, 35: 0.15},
    {17: 0.5, 0: 0.5},
    {26: 0.5, 16: 0.5},
)
"""Regions by landmarks: bridge and tip of the nose, forehead, chin, inner cheeks; eyes; sides, temples."""


def _weights() -> Array:
    found = np.zeros((len(_BLENDS), 68))
    for row, blend in zip(found, _BLENDS, strict=True):
        row[list(blend)] = list(blend.values())
    return found


_REGIONS: Final = _weights()
_NEAR: Final = np.array([(x, y) for y in range(-2, 3) for x in range(-2, 3)])


@dataclass(frozen=True, slots=True)
class LightResponse:
    """How the face answers the screen's colours against its surroundings, from one burst.

    agreement: correlation of the face's colour with the screen's, 0 to 1, at the best plausible lag
    (milliseconds). other: the best agreement with the same colours but one, or with these colours at an
    implausible time; below `agreement` where the asked ones explain the face best. gain, other_gain: relative
    brightening under white by either. sides: gain of the cheeks' sides over the front's; weakest: that of the
    region which answers least over all regions'; background: gain of the surroundings over the face's, with
    neither taken off; even, lit: agreement and gain of the face without that.
    """

    agreement: float
    lag: float
    gain: float
    other: float
    other_gain: float
    sides: float
    weakest: float
    background: float
    even: float
    lit: float

    @property
    def lead(self) -> float:
        """By how much the colours and times asked for explain the face better than any other, -1 to 1."""
        return self.agreement - self.other

    @property
    def answered(self) -> bool:
        """Whether enough light comes back, as well in the colours and time asked for as in any others."""
        return self.gain >= LEAST_GAIN and self.agreement >= LEAST_AGREEMENT and self.lead > LEAST_LEAD

    @property
    def contradicted(self) -> bool:
        """Whether the face clearly answers other colours, or at another time."""
        return self.other_gain >= CLEAR_GAIN and self.other >= CLEAR and self.lead <= -MISLED

    @property
    def painted(self) -> bool:
        """Whether face and surroundings answer as one."""
        return self.lit >= CLEAR_GAIN and self.even >= CLEAR and self.background >= EVEN


def light_response(observed: Observation) -> LightResponse | None:
    """Returns how the face and what lies around it answer the screen's colours, or None where too few frames
    lie under two light cues or more, or nothing lies around the face.

    Values are logarithms of linear light, so that skin, lamps and shadows drop out; the surroundings' slow
    course is taken off the face's, so that automatic exposure and white balance do as well. One lag holds
    for the whole burst. The colours asked for are held against each series with one colour changed, and
    against other times: where no light falls, chance fits those no worse. Fails in bright surroundings,
    where the screen adds too little, and on a head that is rendered with its own shading in time.
    """
    steps, around = observed.lit, observed.surroundings
    if len(steps) < 2 or around is None:
        return None
    inside = np.flatnonzero(
        (observed.times >= steps[0].start) & (observed.times <= steps[-1].end + _LAGS[-1])
    )
    screen = _Screen.shown(observed.times[inside], steps)
    if not screen.in_time.any():
        return None
    regions = _regions(observed, inside)
    clear = regions - steadied(around, observed.times)[inside]
    return _response(screen, _colours(steps), regions, clear, around[inside], observed.turns[inside, 0])


def _response(
    screen: _Screen, asked: Array, regions: Array, clear: Array, around: Array, yaw: Array
) -> LightResponse:
    whole = _middle(_hue(regions))
    face = _middle(_hue(clear[_unburnt(regions)]))
    fits = screen.agreement(face, asked[None])[:, 0]
    best = int(np.argmax(np.where(screen.in_time, fits, -1.0)))
    other, other_gain = _best_other(screen, face, asked, fits)
    gains = screen.gain(clear, asked, best)
    for side, seen in ((_RIGHT, yaw > -_HIDDEN), (_LEFT, yaw < _HIDDEN)):
        gains[side] = screen.under(seen).gain(clear[side][:, seen], asked, best)
    lit = float(screen.gain(whole, asked, best))
    front, sides = float(np.median(gains[_FRONT])), float(np.median(gains[_SIDES]))
    parts = (gains[_NOSE], gains[_CHEEKS], gains[_EYES], gains[_SIDES])
    return LightResponse(
        agreement=float(fits[best]),
        lag=float(_LAGS[best]),
        gain=float(screen.gain(face, asked, best)),
        other=other,
        other_gain=other_gain,
        sides=sides / max(front, 1e-3),
        weakest=float(min(part.mean() for part in parts)) / max(front, sides, 1e-3),
        background=float(screen.gain(around, asked, best)) / max(lit, 1e-3),
        even=float(screen.agreement(whole, asked[None])[screen.in_time].max()),
        lit=lit,
    )


def _best_other(screen: _Screen, face: Array, asked: Array, fits: Array) -> tuple[float, float]:
    """Returns the agreement, and its gain, of what explains the face best beside the asked colours in time.

    One colour is changed, and another one, as long as each explains the face better than what was asked.
    """
    other, colours, lag = _best_change(screen, face, asked)
    for _ in asked[1:]:
        if other <= fits[screen.in_time].max():
            break
        further = _best_change(screen, face, colours)
        if further[0] <= other:
            break
        other, colours, lag = further
    elsewhere = int(np.argmax(np.where(_OUT_OF_TIME, fits, -1.0)))
    if other < fits[elsewhere]:
        other, colours, lag = float(fits[elsewhere]), asked, elsewhere
    return other, float(screen.gain(face, colours, lag))


def _best_change(screen: _Screen, face: Array, colours: Array) -> tuple[float, Array, int]:
    others = _one_changed(colours)
    fits = screen.at(screen.in_time).agreement(face, others)
    lag, which = np.unravel_index(int(fits.argmax()), fits.shape)
    return float(fits[lag, which]), others[which], int(np.flatnonzero(screen.in_time)[lag])


@dataclass(frozen=True, slots=True, eq=False)
class _Screen:
    """Which of k colours a frame shows at each of the lags.

    share: lags×n×k, 1 for it; told: lags, whether enough frames tell; frames: lags×n, which do: those that
    lie wholly under one colour.
    """

    share: Array
    frames: NDArray[np.bool_]

    @property
    def told(self) -> NDArray[np.bool_]:
        """Lags at which enough frames lie wholly under one colour."""
        return np.asarray(self.frames.sum(axis=1) >= _LEAST_FRAMES)

    @property
    def in_time(self) -> NDArray[np.bool_]:
        """Plausible lags at which enough frames tell, and every colour is in one of them: of another one that
        no frame shows, anything might be said.
        """
        return np.asarray(_IN_TIME & self.told & (self.share.max(axis=1) > 0).all(axis=1))

    def under(self, frames: NDArray[np.bool_]) -> _Screen:
        """Returns the same of some of the frames alone."""
        return _Screen(self.share[:, frames], self.frames[:, frames])

    @classmethod
    def shown(cls, times: Array, steps: Sequence[PlannedCue]) -> _Screen:
        """Returns which of the steps frames taken at these milliseconds show."""
        late = (times - _LAGS[:, None])[..., None]
        begun = late - _SETTLING_MS >= np.array([step.start for step in steps])
        share = begun & (late <= np.array([step.end for step in steps]))
        return cls(share.astype(float), np.asarray(share.any(axis=2)))

    def at(self, lags: NDArray[np.bool_]) -> _Screen:
        """Returns the same at some of the lags alone."""
        return _Screen(self.share[lags], self.frames[lags])

    def agreement(self, seen: Array, colours: Array) -> Array:
        """Returns lags×m correlations, 0 to 1, of the hues of n×3 values with those of m×k×3 colours by one
        gain from 0 on, in the tint of room that fits best; 0 where too few frames tell.
        """
        share, values = self._centred(_hue(seen))
        shown = np.tensordot(share, colours, (2, 1))
        together = np.einsum("lnmc,lnc->lmc", shown, values)
        power = np.einsum("lnmc,lnmd,cd->lmcd", shown, shown, _HUE, optimize=True)
        along = together @ _TINTS.T
        size = np.maximum(np.einsum("lmcd,tc,td->lmt", power, _TINTS, _TINTS, optimize=True), 1e-9)
        explained = (np.maximum(along, 0.0) ** 2 / size).max(axis=2)
        total = np.maximum((values**2).sum(axis=(1, 2)), 1e-12)
        return np.asarray(np.sqrt(explained / total[:, None]) * self.told[:, None])

    def gain(self, seen: Array, colours: Array, lag: int) -> Array:
        """Returns the relative brightening of …×n×3 values under white, by the hues of k×3 colours at one of
        the lags; 0 where the colours are all one or no frame tells.
        """
        telling = self.frames[lag]
        share, values = self.share[lag, telling], seen[..., telling, :]
        if not len(share):
            return np.zeros(seen.shape[:-2])
        shown = _hue((share - share.mean(axis=0)) @ colours)
        power = max(float((shown**2).sum()), 1e-6)
        return np.asarray((shown * (values - values.mean(axis=-2, keepdims=True))).sum(axis=(-2, -1)) / power)

    def _centred(self, seen: Array) -> tuple[Array, Array]:
        count = np.maximum(self.frames.sum(axis=1), 1)[:, None, None]
        telling = self.frames[..., None]
        share, values = self.share * telling, seen[None] * telling
        return (
            (share - share.sum(axis=1, keepdims=True) / count) * telling,
            (values - values.sum(axis=1, keepdims=True) / count) * telling,
        )


_HUE: Final = np.eye(3) - 1 / 3
"""Takes off what all channels share, which a head that moves alters, and the hue of the light does not."""


def _hue(values: Array) -> Array:
    return np.asarray(values @ _HUE)


def _colours(steps: Sequence[PlannedCue]) -> Array:
    """Returns k×3 of the light, 0 to 1, that a display gives for the steps' colours."""
    return np.array([step.colour or (0.0, 0.0, 0.0) for step in steps]) ** 2.2


_PALETTE: Final = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in COLOURS]) ** 2.2


def _one_changed(asked: Array) -> Array:
    """Returns m×k×3: the colours with each in turn changed for each other one of the palette."""
    found = []
    for step, colour in enumerate(asked):
        for other in _PALETTE:
            if np.abs(other - colour).max() > 0.05:
                changed = asked.copy()
                changed[step] = other
                found.append(changed)
    return np.array(found)


def _regions(observed: Observation, frames: NDArray[np.intp]) -> Array:
    """Returns regions×n×3 logarithms of linear light of the face's regions in these frames."""
    placed = observed.placings[frames]
    marks = observed.landmarks[frames] @ np.array([1, 1j])
    middle = (placed[:, :1] * marks + placed[:, 1:]) @ _REGIONS.T
    at = np.round(np.stack([middle.real, middle.imag], axis=-1)).astype(int)
    places = np.clip(at[:, :, None] + _NEAR, 0, SIDE - 1)
    pixels = observed.patches[frames[:, None, None], places[..., 1], places[..., 0]]
    return np.asarray(logarithms(pixels.mean(axis=2)).transpose(1, 0, 2))


def _unburnt(regions: Array) -> NDArray[np.bool_]:
    """Returns which regions hardly any frame shows burnt out in one channel or more, all where few are left:
    what is added to burnt ones is of another hue than the light.
    """
    burnt = (regions > _BURNT).any(axis=2).mean(axis=1)
    kept = burnt < _SELDOM
    return kept if kept.sum() >= _LEAST_REGIONS else np.ones_like(kept)


def _middle(courses: Array) -> Array:
    """Returns the middle one of k×n×3 courses, each about its own mean: a lid or a lock of hair moves few."""
    return np.asarray(np.median(courses - courses.mean(axis=1, keepdims=True), axis=0))


_BURNT: Final = float(logarithms(np.array(245.0)))


def scores(observed: Observation, answer: Following | None) -> Mapping[str, float]:
    """Returns the raw scores of the signals that this burst can tell."""
    found = light_response(observed)
    return {} if found is None else scores_of(found)


def scores_of(found: LightResponse) -> Mapping[str, float]:
    """Returns the scores of a response.

    None where hardly any light comes back, which says nothing of the person; only what objects where other
    colours come back, or where the whole picture changes colour.
    """
    if found.painted:
        return {"background": found.background}
    if found.contradicted:
        return {"order": found.lead}
    if not found.answered:
        return {}
    return {
        "light": found.agreement,
        "order": found.lead,
        "sides": found.sides,
        "weakest": found.weakest,
        "background": found.background,
    }
