"""A small scene renderer: one photograph on a surface (head, plane, cylinder) before a camera, under a
screen's light.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.headpose import GENERIC_FACE, camera_matrix, rotation

Image = NDArray[np.uint8]
Field = NDArray[np.float32]

WIDTH: Final = 640
HEIGHT: Final = 480
_CELL: Final = 8
_SPAN_MM: Final = 92.0
_PIVOT: Final = np.array([0.0, 45.0, 95.0])
"""Where a head turns about, millimetres from the nasion: the top of the spine."""

_RELIEF_ROUNDS: Final = 3
_TOWARDS_SCREEN: Final = np.array([0.0, 0.2, -0.98])
_MIRROR: Final = 20
"""How narrow the place is in which gloss shows: photographic paper is no mirror."""


@dataclass(frozen=True, slots=True)
class View:
    """What the camera sees of the surface: degrees from rest, millimetres of shift, the screen's light."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    eyelids: float = 0.0
    smile: float = 0.0
    screen: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A photograph laid into the camera's frame as its subject would sit there.

    texture: HEIGHT×WIDTH×3 RGB; landmarks: 68×2 in it; alpha: HEIGHT×WIDTH 0-1, one on the head and neck;
    distance: millimetres from camera to nasion.
    """

    texture: Image
    landmarks: NDArray[np.float64]
    alpha: Field
    distance: float


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A textured sheet with relief: relief is millimetres behind the nasion's plane, on the coarse grid.

    lit: how much of the screen's light each pixel returns (0-1), HEIGHT×WIDTH, fixed to the surface.
    normals: 3 a point of the coarse grid, by which the light that comes back changes as the surface turns;
    None for what is not lit by its shape. gloss: the share of white that a mirror's place on it adds.
    """

    texture: Image
    alpha: Field
    relief: Field
    lit: Field
    distance: float
    landmarks: NDArray[np.float64]
    normals: NDArray[np.float64] | None = None
    gloss: float = 0.0


def portrait(photo: Image, landmarks: NDArray[np.float64], distance: float = 430.0) -> Portrait:
    """Returns the photograph scaled and moved so that its face sits upright in mid-frame at `distance` mm."""
    focal = camera_matrix(WIDTH, HEIGHT)[0, 0]
    eyes = landmarks[[36, 45]]
    across = eyes[1] - eyes[0]
    scale = focal * _SPAN_MM / distance / np.hypot(*across)
    angle = np.degrees(np.arctan2(across[1], across[0]))
    matrix = cv2.getRotationMatrix2D(tuple(landmarks[27]), angle, scale)
    matrix[:, 2] += (WIDTH / 2, HEIGHT * 0.42) - landmarks[27]
    texture = cv2.warpAffine(
        photo, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    placed = landmarks @ matrix[:, :2].T + matrix[:, 2]
    return Portrait(texture, placed, _head_mask(placed), distance)


def _head_mask(landmarks: NDArray[np.float64]) -> Field:
    span = np.hypot(*(landmarks[45] - landmarks[36]))
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    centre = landmarks[27] + (0, 0.12 * span)
    cv2.ellipse(mask, _point(centre), (int(0.98 * span), int(1.42 * span)), 0, 0, 360, 255, -1)
    chin = landmarks[8]
    neck = chin + span * np.array([(-0.55, -0.4), (0.55, -0.4)])
    base = [(chin[0] + 1.6 * span, HEIGHT + 40), (chin[0] - 1.6 * span, HEIGHT + 40)]
    cv2.fillPoly(mask, [np.array([*neck, *base], np.int32)], 255)
    return (cv2.GaussianBlur(mask, (0, 0), 0.04 * span) / 255).astype(np.float32)


def head_surface(subject: Portrait) -> Surface:
    """Returns the subject's photograph over the relief of a generic head, as a renderer or a mask maker
    would.
    """
    relief = head_relief(subject)
    return Surface(
        subject.texture, subject.alpha, relief, _lambert(relief, subject), subject.distance, subject.landmarks
    )


def sheet_surface(
    subject: Portrait, *, bend: float = 0.0, across: bool = False, alpha: Field | None = None
) -> Surface:
    """Returns the photograph on a flat sheet, or bent over a cylinder of curvature `bend` (1/mm)."""
    grid = _grid_points()
    per_mm = camera_matrix(WIDTH, HEIGHT)[0, 0] / subject.distance
    along = (grid[..., 1] - subject.landmarks[30, 1]) if across else (grid[..., 0] - subject.landmarks[30, 0])
    reach = np.clip(along / per_mm * bend, -1.3, 1.3)
    relief = (1 - np.cos(reach)) / bend if bend else np.zeros(grid.shape[:2])
    whole = np.ones((HEIGHT, WIDTH), np.float32) if alpha is None else alpha
    lit = np.ones((HEIGHT, WIDTH), np.float32)
    return Surface(
        subject.texture, whole, relief.astype(np.float32), lit, subject.distance, subject.landmarks
    )


def solid(
    subject: Portrait, relief: NDArray[np.float64], *, alpha: Field | None = None, gloss: float = 0.0
) -> Surface:
    """Returns the photograph on a thing of this relief, which sends the screen's light back by its own shape.

    relief: as of Surface. alpha: where the thing is, the subject's own outline for None.
    """
    gy, gx = np.gradient(relief, _CELL / pixels_per_mm(subject))
    normals = np.stack([gx, gy, -np.ones_like(gx)], axis=-1)
    falloff = (subject.distance / (subject.distance + relief)) ** 2
    return Surface(
        subject.texture,
        subject.alpha if alpha is None else alpha,
        relief.astype(np.float32),
        full_size(falloff),
        subject.distance,
        subject.landmarks,
        normals / np.linalg.norm(normals, axis=-1, keepdims=True),
        gloss,
    )


def pixels_per_mm(subject: Portrait) -> float:
    """Returns how many pixels a millimetre is at the nasion's distance."""
    return float(camera_matrix(WIDTH, HEIGHT)[0, 0] / subject.distance)


def grid_mm(subject: Portrait, origin: int = 27) -> NDArray[np.float64]:
    """Returns rows×columns×2 millimetres of the coarse grid from a landmark, the nasion if none is named."""
    return np.asarray((_grid_points() - subject.landmarks[origin]) / pixels_per_mm(subject))


def full_size(coarse: NDArray[np.float64]) -> Field:
    """Returns a field of the coarse grid for every pixel, HEIGHT×WIDTH."""
    return np.asarray(_fine(coarse.astype(np.float32)), np.float32)


def render(surface: Surface, view: View, background: Image) -> Image:
    """Returns the HEIGHT×WIDTH×3 RGB frame of the surface in this view before the background, before any
    sensor.
    """
    return render_layers((surface,), view, background)


def render_layers(layers: Sequence[Surface], view: View, background: Image) -> Image:
    """Returns the same of surfaces that move as one thing, the farthest first."""
    scene = background
    gain, shine = np.full((HEIGHT, WIDTH), 0.06, np.float32), np.zeros((HEIGHT, WIDTH), np.float32)
    for layer in layers:
        source = _source_map(layer, view)
        texture = cv2.remap(layer.texture, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        alpha = cv2.remap(layer.alpha, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        scene = cv2.blendLinear(texture, scene, alpha, 1 - alpha)
        if any(view.screen):
            diffuse, mirrored = (
                cv2.remap(part, source, None, cv2.INTER_LINEAR) for part in _sent_back(layer, view)
            )
            gain, shine = gain + alpha * (diffuse - gain), shine + alpha * (mirrored - shine)
    if not any(view.screen):
        return np.asarray(scene, np.uint8)
    screen = np.asarray(view.screen, np.float32)
    return np.clip(scene * (1 + gain[..., None] * screen) + shine[..., None] * screen, 0, 255).astype(
        np.uint8
    )


def _sent_back(surface: Surface, view: View) -> tuple[Field, Field]:
    """Returns the shares of the screen's light that each pixel scatters and, in grey levels, mirrors."""
    near = np.float32((surface.distance / (surface.distance + view.shift[2])) ** 2)
    if surface.normals is None:
        return surface.lit * near, np.zeros_like(surface.lit)
    turned = surface.normals @ rotation(view.yaw, view.pitch, view.roll).T
    facing = np.clip(turned @ _TOWARDS_SCREEN, 0, 1)
    mirrored = 255 * surface.gloss * facing**_MIRROR
    return surface.lit * near * full_size(facing), full_size(mirrored) * near


def landmarks_in(surface: Surface, view: View) -> NDArray[np.float64]:
    """Returns where the surface's 68×2 landmarks lie in the frame of this view."""
    forward = (_project(surface, view) - _grid_points()).astype(np.float32)
    forward -= _expression(surface.landmarks, view)
    places = (surface.landmarks[None] / _CELL).astype(np.float32)
    moved = cv2.remap(forward, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(surface.landmarks + moved[0], np.float64)


def _grid_points() -> NDArray[np.float64]:
    ys, xs = np.mgrid[0 : HEIGHT + 1 : _CELL, 0 : WIDTH + 1 : _CELL]
    return np.stack([xs, ys], axis=-1).astype(np.float64)


def head_relief(subject: Portrait) -> Field:
    """Returns a generic head's relief under the subject's landmarks, as of Surface."""
    per_mm = camera_matrix(WIDTH, HEIGHT)[0, 0] / subject.distance
    nasion = subject.landmarks[27]
    outline = np.array(
        [(x, y, 90.0) for x in (-88, 88) for y in (-60, -20, 30)] + [(x, -150, 95.0) for x in (-60, 0, 60)]
    )
    brow = np.array(
        [(-30, -60, 8.0), (0, -60, 2.0), (30, -60, 8.0), (0, -100, 25.0), (-45, -90, 35.0), (45, -90, 35.0)]
    )
    neck = np.array([(x, 190, 70.0) for x in (-80, 0, 80)])
    extra = np.concatenate([outline, brow, neck])
    points = np.concatenate([(subject.landmarks - nasion) / per_mm, extra[:, :2]])
    depths = np.concatenate([GENERIC_FACE[:, 2], extra[:, 2]])
    grid = ((_grid_points() - nasion) / per_mm).reshape(-1, 2)
    weight = 1 / (((grid[:, None] - points[None]) ** 2).sum(-1) + 6.0) ** 1.6
    weight /= weight.sum(axis=1, keepdims=True)
    places = ((points * per_mm + nasion) / _CELL).astype(np.float32)[None]
    relief = np.zeros(_grid_points().shape[:2], np.float32)
    for _ in range(_RELIEF_ROUNDS):
        # A mean of neighbours is flatter than they are: what is missing at the points is laid on again.
        there = cv2.remap(relief, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
        missing = (weight @ (depths - there.ravel())).reshape(relief.shape).astype(np.float32)
        relief = relief + cv2.GaussianBlur(missing, (0, 0), 0.7)
    return relief


def _lambert(relief: Field, subject: Portrait) -> Field:
    cell_mm = _CELL * subject.distance / camera_matrix(WIDTH, HEIGHT)[0, 0]
    gy, gx = np.gradient(relief, cell_mm)
    facing = 1 / np.sqrt(1 + gx**2 + gy**2)
    falloff = (subject.distance / (subject.distance + relief)) ** 2
    return cv2.resize((facing * falloff).astype(np.float32), (WIDTH, HEIGHT))


def _source_map(surface: Surface, view: View) -> Field:
    """Returns where every frame pixel comes from in the texture: the forward map undone by iteration."""
    forward = (_project(surface, view) - _grid_points()).astype(np.float32)
    forward -= _expression(surface.landmarks, view)
    grid = _grid_points().astype(np.float32)
    centre, scale = _mean_motion(surface, view)
    source = (grid - centre) / scale + surface.landmarks[30].astype(np.float32)
    for _ in range(12):
        there = cv2.remap(forward, source / _CELL, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        source = source - 0.8 * (source + there - grid) / scale
    return _fine(source)


def _fine(coarse: Field) -> Field:
    fine = cv2.resize(
        coarse, ((WIDTH // _CELL + 1) * _CELL, (HEIGHT // _CELL + 1) * _CELL), interpolation=cv2.INTER_LINEAR
    )
    # Resize aligns cell centres; the half-cell shift brings grid node (i, j) back to pixel (i, j)·CELL.
    half = _CELL // 2
    return np.ascontiguousarray(fine[half : half + HEIGHT, half : half + WIDTH])


def _project(surface: Surface, view: View) -> NDArray[np.float64]:
    camera = camera_matrix(WIDTH, HEIGHT)
    focal, centre = camera[0, 0], camera[:2, 2]
    depth = surface.distance + surface.relief.astype(np.float64)
    xy = (_grid_points() - centre) * depth[..., None] / focal
    nasion = np.append((surface.landmarks[27] - centre) * surface.distance / focal, surface.distance)
    points = np.concatenate([xy, depth[..., None]], axis=-1) - nasion - _PIVOT
    moved = points @ rotation(view.yaw, view.pitch, view.roll).T + _PIVOT + nasion + np.asarray(view.shift)
    return moved[..., :2] * focal / np.maximum(moved[..., 2:], 80.0) + centre


def _mean_motion(surface: Surface, view: View) -> tuple[NDArray[np.float32], float]:
    forward = _project(surface, view).astype(np.float32)
    nose = (surface.landmarks[30:31] / _CELL).astype(np.float32)[None]
    scale = float(surface.distance / (surface.distance + view.shift[2]))
    return cv2.remap(forward, nose, None, cv2.INTER_LINEAR)[0, 0], scale


def _expression(landmarks: NDArray[np.float64], view: View) -> Field:
    grid = _grid_points()
    motion = np.zeros_like(grid)
    span = np.hypot(*(landmarks[45] - landmarks[36]))
    for upper, lower in (((37, 38), (40, 41)), ((43, 44), (46, 47))):
        top, low = landmarks[list(upper)].mean(0), landmarks[list(lower)].mean(0)
        near = np.exp(-(((grid - top) / (0.16 * span, 0.075 * span)) ** 2).sum(-1))
        motion[..., 1] -= view.eyelids * 0.75 * (low[1] - top[1]) * near
    for corner, side in ((48, -1), (54, 1)):
        near = np.exp(-(((grid - landmarks[corner]) / (0.22 * span)) ** 2).sum(-1))[..., None]
        motion -= view.smile * near * np.array([side * 0.10, -0.07]) * span
    return motion.astype(np.float32)


def _point(xy: NDArray[np.float64]) -> tuple[int, int]:
    return round(float(xy[0])), round(float(xy[1]))
