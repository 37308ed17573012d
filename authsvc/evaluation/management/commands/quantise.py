"""`manage.py quantise PHOTOGRAPHS`: the default network as int8, for machines on which time is short."""

import hashlib
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from authsvc.biometrics.engines.base import ModelProblem
from authsvc.biometrics.engines.dlib_onnx import converted_network
from authsvc.biometrics.engines.faces import chip
from authsvc.biometrics.engines.loading import cache_folder, load_faces
from authsvc.biometrics.engines.quantisation import quantise
from authsvc.biometrics.types import Image
from authsvc.evaluation.dataset import PICTURES, folders

SETTINGS = """\
VISOR_FACE_ENGINE=onnx
VISOR_FACE_MODEL={path}
VISOR_FACE_MODEL_SHA256={sha256}
VISOR_FACE_MODEL_CROP=dlib
VISOR_FACE_MODEL_LAYOUT=nhwc"""


class Command(BaseCommand):
    """Writes the network's file and prints the settings that choose it."""

    help = "Quantise the default network; its ranges come from photographs, a folder a person."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("photographs", type=Path)
        parser.add_argument("--faces", type=int, default=200, help="most faces to take (200)")
        parser.add_argument("--out", type=Path, default=settings.DATA_DIR / "dlib-int8.onnx")

    def handle(self, **options: Any) -> None:
        """Quantise and write. Raises CommandError."""
        try:
            chips = list(_chips(options["photographs"], most=options["faces"]))
            content = quantise(converted_network(cache_folder()), chips)
        except (ValueError, OSError, ModelProblem) as problem:
            raise CommandError(str(problem)) from None
        out: Path = options["out"].resolve()
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(content)
        self.stdout.write(SETTINGS.format(path=out, sha256=hashlib.sha256(content).hexdigest()))


def _chips(photographs: Path, *, most: int) -> Iterator[Image]:
    """Yield a chip of each photograph that shows a face, a photograph of each person in turn."""
    faces = load_faces()
    people = [
        sorted(file for file in folder.iterdir() if file.suffix.lower() in PICTURES)
        for folder in folders(photographs)
    ]
    rounds = max(map(len, people))
    turns = [files[turn] for turn in range(rounds) for files in people if turn < len(files)]
    for file in turns:
        picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
        image = None if picture is None else np.ascontiguousarray(picture[:, :, ::-1])
        boxes = [] if image is None else faces.detect(image)
        if image is not None and boxes and most > 0:
            most -= 1
            yield chip(image, faces.landmarks(image, boxes[0]))
