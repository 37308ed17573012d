"""Photographs are taken only as pinned."""

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from deploy import archives, photos
from tests import needs


def _png() -> bytes:
    file = io.BytesIO()
    Image.new("RGBA", (4, 3), "red").save(file, "PNG")
    return file.getvalue()


def test_other_formats_become_jpeg() -> None:
    with Image.open(io.BytesIO(photos.as_jpeg(_png()))) as image:
        assert (image.format, image.size) == ("JPEG", (4, 3))


def test_a_photograph_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a-1.whl", "w") as wheel:
        wheel.writestr("a.png", _png())
    with pytest.raises(archives.ArchiveProblem, match="not the file"):
        archives.member_bytes(tmp_path, "a", "a.png", "0" * 64)


def test_a_missing_archive_is_named(tmp_path: Path) -> None:
    with pytest.raises(archives.ArchiveProblem, match="face_recognition"):
        photos.lay_out(tmp_path, tmp_path / "photos")


@pytest.mark.needs("photos")
def test_every_person_has_photographs() -> None:
    for person, count in {"obama": 3, "biden": 1, "astronaut": 1, "hopper": 1, "partial": 2}.items():
        assert len(list((needs.PHOTOS / person).glob("*.jpg"))) == count
