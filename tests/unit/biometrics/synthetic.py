"""Heads and sheets without photographs: landmarks projected from geometry, frames of coloured noise."""

import numpy as np

from authsvc.biometrics.headpose import GENERIC_FACE, camera_matrix, rotation
from authsvc.biometrics.stages.pad.observation import Observation, PlannedCue, observe
from authsvc.biometrics.types import (
    Burst,
    Challenge,
    Descriptors,
    FaceTrack,
    Frame,
    FrameEntry,
    FrameFace,
    Manifest,
    Step,
)
from devtools.laboratory.attacks.script import answer
from devtools.phone.sealing import probe

TURN = (
    Step("centre", 1000),
    Step("left", 1400, 25),
    Step("up", 1400, 15),
    Step("right", 1400, 25),
    Step("centre", 900),
)


def shape(kind: str) -> np.ndarray:
    """Return 68×3 millimetres: a `head`, a `long-nosed` one, one of HEADS, or one of THINGS."""
    points = GENERIC_FACE.copy()
    if kind == "long-nosed":
        points[28:36, 1] *= 1.18
    if kind in HEADS:
        nose, breadth, deep = HEADS[kind]
        points[:, 0] *= breadth
        above = points[:, 2] - 8
        points[:, 2] = 8 + np.where(above > 0, deep, 1.0) * above
        points[27:36, 2] = 8 + nose * above[27:36]
    if kind in THINGS:
        THINGS[kind](points)
    return points


HEADS = {
    "flat-nosed": (0.8, 1.0, 1.0),
    "high-nosed": (1.2, 1.0, 1.0),
    "narrow": (1.0, 0.9, 1.0),
    "broad": (1.0, 1.1, 1.0),
    "broad and flat": (0.8, 1.1, 0.85),
    "narrow and deep": (1.2, 0.9, 1.15),
}
"""How people's heads differ: height of the nose, breadth, depth of cheeks and sides, over generic ones."""


def _flat(points: np.ndarray) -> None:
    points[:, 2] = 0


def _bent(points: np.ndarray) -> None:
    reach = points[:, 0] / 85
    points[:, 0], points[:, 2] = 85 * np.sin(reach), 85 * (1 - np.cos(reach))


def _egg(points: np.ndarray) -> None:
    out = np.minimum((points[:, 0] / 80) ** 2 + ((points[:, 1] - 37) / 105) ** 2, 0.95)
    points[:, 2] = 75 * (1 - np.sqrt(1 - out))


def _pressed(points: np.ndarray) -> None:
    points[:, 2] /= 3


def _layered(points: np.ndarray) -> None:
    points[:17, 2], points[17:, 2], points[28:36, 2] = 30, 12, -12


def _free_nosed(points: np.ndarray) -> None:
    nose = points[28:36].copy()
    _bent(points)
    points[28:36] = nose


THINGS = {
    "flat": _flat,
    "bent": _bent,
    "egg": _egg,
    "pressed": _pressed,
    "layered": _layered,
    "free-nosed": _free_nosed,
}
"""What photographs are laid on: sheets, an egg, a shallow mask, layers, and paper around a nose."""


def landmarks(kind: str, *, yaw: float = 0, pitch: float = 0, nearer: float = 0) -> np.ndarray:
    """Return the 68×2 landmarks that a perfect detector finds at half a metre."""
    points = shape(kind) @ rotation(yaw, pitch, 0).T + (0, -20, 500 - nearer)
    projected = points @ camera_matrix(640, 480).T
    return projected[:, :2] / projected[:, 2:]


def face_image(rng: np.random.Generator) -> np.ndarray:
    """Return a 480×640 RGB frame: a skin-coloured gradient with sensor noise."""
    base = np.linspace(90, 190, 640)[None, :, None] * np.array([1.0, 0.8, 0.7])
    return np.clip(base + rng.normal(0, 4, (480, 640, 3)), 0, 255).astype(np.uint8)


def plan_of(steps: tuple[Step, ...]) -> tuple[PlannedCue, ...]:
    """Return the steps on the burst's clock."""
    starts = np.cumsum([0, *(step.ms for step in steps)])
    return tuple(PlannedCue(s.cue, starts[i], starts[i + 1], s.degrees or 0) for i, s in enumerate(steps))


def burst(
    kind: str = "head",
    *,
    asked: tuple[Step, ...] = TURN,
    answered: tuple[Step, ...] | None = None,
    noise: float = 0.4,
    seed: int = 1,
    every: float = 240.0,
) -> tuple[Burst, FaceTrack, Descriptors]:
    """Return a decoded burst, a frame every so many milliseconds, in which a head or sheet answers."""
    rng = np.random.default_rng(seed)
    challenge = Challenge("bm9uY2U", asked)
    times = np.arange(80.0, sum(step.ms for step in asked), every)
    times += rng.uniform(-9, 9, len(times))
    views = answer(plan_of(answered or asked), times, rng)
    starts = np.cumsum([0, *(step.ms for step in asked)])
    frames, faces = [], []
    for index, (time, view) in enumerate(zip(times, views, strict=True)):
        points = landmarks(kind, yaw=view.yaw, pitch=view.pitch, nearer=-view.shift[2])
        points = (points + rng.normal(0, noise, points.shape)).astype(np.float32)
        faces.append(FrameFace((220, 140, 420, 340), points, 63.0, 1))
        step = int(np.searchsorted(starts, time, side="right")) - 1
        media = round(0.2 + time / 1000, 3) + rng.uniform(0, 0.004)
        frames.append(
            Frame(index, step, float(time), media, bytes([index]) * 9, face_image(rng), ((16,) * 64,))
        )
    vectors = np.tile(rng.normal(0, 1, 128), (len(frames), 1)) + rng.normal(0, 0.1, (len(frames), 128))
    described = Descriptors(vectors.astype(np.float32), tuple(range(len(frames))), 0.32)
    return Burst("txn", challenge, tuple(frames), _manifest(frames)), FaceTrack(tuple(faces)), described


def _manifest(frames: list[Frame]) -> Manifest:
    entries = tuple(FrameEntry(f.step, f.t_ms, f.media_s, len(f.jpeg), bytes([f.index]) * 32) for f in frames)
    camera = {"label": "Front camera", "facing": "user", "width": 640, "height": 480, "fps": 30}
    probed = probe(camera)
    return Manifest("txn", "bm9uY2U", "dev", None, None, None, None, None, camera, probed, entries, b"", b"")


def observation(kind: str = "head", **options: object) -> Observation:
    """Return what PAD reads of such a burst."""
    return observe(*burst(kind, **options))  # type: ignore[arg-type]
