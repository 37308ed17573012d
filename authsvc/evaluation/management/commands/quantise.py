"""`manage.py quantise PHOTOGRAPHS`: a face network as int8, for machines on which time is short."""

import hashlib
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from authsvc.biometrics.engines.base import ModelProblem
from authsvc.biometrics.engines.dlib_onnx import DlibOnnxEngine, converted_network
from authsvc.biometrics.engines.faces import Faces, chip
from authsvc.biometrics.engines.loading import cache_folder, load_faces
from authsvc.biometrics.engines.quantisation import Layout, quantise
from authsvc.biometrics.engines.sface import SFaceEngine, as_batch, float_network
from authsvc.biometrics.types import Array, Image
from authsvc.evaluation.dataset import PICTURES, folders


@dataclass(frozen=True)
class _Network:
    """A network that can be made whole, how it is fed, and the settings that feed its int8 form so."""

    read: Callable[[Path], bytes]
    cut: Callable[[Faces, Image, Array], Image]
    laid_out: Layout
    operators: Sequence[str]
    settings: Mapping[str, object]


NETWORKS: Final[Mapping[str, _Network]] = {
    "sface": _Network(
        float_network,
        lambda faces, image, landmarks: faces.aligned(image, landmarks),
        as_batch,
        ("Conv", "Relu", "Add", "Gemm"),
        {"CROP": "arcface", "LAYOUT": "nchw", "MEAN": 0, "DIVISOR": 1, "APART": SFaceEngine.apart},
    ),
    "dlib": _Network(
        converted_network,
        lambda faces, image, landmarks: chip(image, landmarks),
        np.asarray,
        ("Conv", "Add"),
        {"CROP": "dlib", "LAYOUT": "nhwc", "APART": DlibOnnxEngine.apart},
    ),
}


class Command(BaseCommand):
    """Writes the network's file and prints the settings that choose it."""

    help = "Quantise a face network; its ranges come from photographs, a folder a person."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("photographs", type=Path)
        parser.add_argument("--network", choices=NETWORKS, default="sface", help="which one (sface)")
        parser.add_argument("--faces", type=int, default=200, help="most faces to take (200)")
        parser.add_argument("--out", type=Path, help="the file to write (NETWORK-int8.onnx among the data)")

    def handle(self, **options: Any) -> None:
        """Quantise and write. Raises CommandError."""
        network = NETWORKS[options["network"]]
        try:
            chips = list(_chips(options["photographs"], network, most=options["faces"]))
            content = quantise(
                network.read(cache_folder()), chips, operators=network.operators, laid_out=network.laid_out
            )
        except (ValueError, OSError, ModelProblem) as problem:
            raise CommandError(str(problem)) from None
        out: Path = options["out"] or settings.DATA_DIR / f"{options['network']}-int8.onnx"
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(content)
        self.stdout.write("VISOR_FACE_ENGINE=onnx")
        self.stdout.write(f"VISOR_FACE_MODEL={out.resolve()}")
        self.stdout.write(f"VISOR_FACE_MODEL_SHA256={hashlib.sha256(content).hexdigest()}")
        for name, value in network.settings.items():
            self.stdout.write(f"VISOR_FACE_MODEL_{name}={value}")


def _chips(photographs: Path, network: _Network, *, most: int) -> Iterator[Image]:
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
            yield network.cut(faces, image, faces.landmarks(image, boxes[0]))
