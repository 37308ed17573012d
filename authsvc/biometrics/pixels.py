"""JPEG files to pixels: what a confined process does. It imports nothing that it does not need."""

from __future__ import annotations

import json
from typing import Final

import cv2
import numpy as np

from authsvc.biometrics.decoder.program import Write

SOUND: Final = "sound"
DAMAGED: Final = "damaged"


def work(order: str, given: memoryview, write: Write) -> str:
    """Decode JPEG files that lie end to end, and write the RGB pixels of each.

    The order names each file's bytes, width and height. The word is SOUND with a digit a picture, 1 where it
    has these sides and 0 where its EXIF orientation turned it; DAMAGED where a picture has others, or none.
    """
    at = 0
    turned = []
    for length, width, height in json.loads(order):
        jpeg = np.frombuffer(given[at : at + length], np.uint8)
        image = cv2.imdecode(jpeg, cv2.IMREAD_COLOR_RGB)
        if image is None or image.shape not in ((height, width, 3), (width, height, 3)):
            return DAMAGED
        write(image.reshape(-1).data)
        turned.append("1" if image.shape[0] == height else "0")
        at += length
    return SOUND + "".join(turned)


def warm() -> None:
    """Decode a plain picture: what libraries set up at first use, and a picture's memory."""
    work(json.dumps([(len(PLAIN), 640, 480)]), memoryview(PLAIN), lambda pixels: None)


PLAIN: Final = cv2.imencode(".jpg", np.full((480, 640, 3), 128, np.uint8))[1].tobytes()
