"""Reading the photographs that stand for what the phone's camera sees."""

from pathlib import Path

import cv2
import numpy as np

from devtools.rendering.mesh import Image

_ENDINGS = {".jpg", ".jpeg", ".png"}


class NoPhotograph(Exception):
    """There is no photograph where one was expected."""


def read(*paths: Path) -> list[Image]:
    """Return the photographs (BGR) at these paths, a folder standing for all in it, by name.

    Raises NoPhotograph where one is missing or cannot be read, or a folder holds none.
    """
    files = [file for path in paths for file in (_in_folder(path) if path.is_dir() else [path])]
    if not files:
        raise NoPhotograph(f"no photograph in {', '.join(map(str, paths))}")
    return [_read(file) for file in files]


def _in_folder(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in _ENDINGS)


def _read(file: Path) -> Image:
    image = cv2.imread(str(file), cv2.IMREAD_COLOR) if file.is_file() else None
    if image is None:
        raise NoPhotograph(f"no photograph at {file}")
    return np.asarray(image, np.uint8)
