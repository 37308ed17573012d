"""Lay the photographs of the demo and the tests into a folder, one sub-folder a person.

They come out of the archives named in deploy/setup/photos.lock, which the package registry serves, each
archive and each photograph checked by its hash. None is kept in the repository.
"""

import io
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from deploy.archives import ROOT, download, member_bytes, run

LOCK = ROOT / "deploy" / "setup" / "photos.lock"


@dataclass(frozen=True)
class Photograph:
    """Where a photograph is found and where it goes; `sha256` is of the file as archived."""

    person: str
    archive: str
    member: str
    sha256: str


FACES = "face_recognition-1.3.0/tests/test_images/"
PHOTOGRAPHS = (
    Photograph(
        "obama",
        "face_recognition",
        FACES + "obama.jpg",
        "0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6",
    ),
    Photograph(
        "obama",
        "face_recognition",
        FACES + "obama2.jpg",
        "a7efcc907375274796f39646510704aa86672d59f6d5469d69af3c85590976a6",
    ),
    Photograph(
        "obama",
        "face_recognition",
        FACES + "obama3.jpg",
        "76ac6bf97c36dc2da0ad16a537d6a5ac1b10f48d49aac29a0cca9a17cdbc3ca3",
    ),
    Photograph(
        "biden",
        "face_recognition",
        FACES + "biden.jpg",
        "3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c",
    ),
    Photograph(
        "partial",
        "face_recognition",
        FACES + "obama_partial_face.jpg",
        "c2d1f09e7ef3042352b41e41286e6eb0522f64f88308be13886991b95db52117",
    ),
    Photograph(
        "partial",
        "face_recognition",
        FACES + "obama_partial_face2.jpg",
        "9a812347f97633542b8cd9992de22def11b74f79d82056bc3ee830f13878e028",
    ),
    Photograph(
        "hopper",
        "matplotlib",
        "matplotlib/mpl-data/sample_data/grace_hopper.jpg",
        "a8ca6d734765703b09728ab47fe59f473d93ae3967fc24c7c0288c3c7adb7130",
    ),
    Photograph(
        "astronaut",
        "scikit_image",
        "skimage/data/astronaut.png",
        "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    ),
)


def as_jpeg(content: bytes) -> bytes:
    """Return a JPEG as it is, any other image as a JPEG of quality 95."""
    if content.startswith(b"\xff\xd8"):
        return content
    with Image.open(io.BytesIO(content)) as image:
        jpeg = io.BytesIO()
        image.convert("RGB").save(jpeg, "JPEG", quality=95)
        return jpeg.getvalue()


def lay_out(archives: Path, target: Path) -> int:
    """Write every photograph as `<target>/<person>/NN.jpg`, counted from 01; return how many."""
    counts: dict[str, int] = {}
    for photograph in PHOTOGRAPHS:
        found = member_bytes(archives, photograph.archive, photograph.member, photograph.sha256)
        content = as_jpeg(found)
        number = counts[photograph.person] = counts.get(photograph.person, 0) + 1
        folder = target / photograph.person
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:02}.jpg").write_bytes(content)
    return sum(counts.values())


if __name__ == "__main__":
    run(partial(download, LOCK), "photos", lay_out, says=__doc__)
