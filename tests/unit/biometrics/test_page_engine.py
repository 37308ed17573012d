"""The engine of a page that compares: its name holds for its networks, its runtime and its scripts."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.templatetags.static import static

from authsvc.biometrics.engines import mesh_models, sface
from authsvc.biometrics.records.manifest import PAGE, ROOT
from authsvc.biometrics.records.page import (
    MODELS,
    NAME,
    NETWORK,
    NETWORK_SHA256,
    SCRIPTS,
    SCRIPTS_BESIDE,
    engine_of,
    page_engine,
)
from deploy.face_network import lay_out
from tests.needs import COMPARING

pytestmark = pytest.mark.requirement("S9.2-03", "S5.2-05")
IMPORTED = re.compile(r'from "(\.[^"]+)"')


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The page's scripts alone, laid out as the repository."""
    shutil.copytree(ROOT / PAGE, tmp_path / PAGE)
    return tmp_path


def test_its_networks_are_the_workers_own() -> None:
    assert sface.NETWORK_SHA256 == NETWORK_SHA256 == MODELS["network"]
    assert mesh_models.DETECTION.converted == MODELS["detection"]
    assert mesh_models.LANDMARKS.converted == MODELS["landmarks"]


def test_its_runtime_is_the_locked_one() -> None:
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert MODELS["runtime"] == f"onnxruntime-web {wanted['onnxruntime-web']}"


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_changed_script_has_another_name_and_words_about_it_have_not(copy: Path, name: str) -> None:
    script = copy / PAGE / name
    script.write_text("// Words.\n" + script.read_text(encoding="utf-8"), encoding="utf-8")
    assert engine_of(copy) == page_engine()
    script.write_text(script.read_text(encoding="utf-8") + "const more = 1;\n", encoding="utf-8")
    assert engine_of(copy) != page_engine()
    assert page_engine().startswith(f"{NAME}:")


def test_what_its_scripts_import_is_among_them_or_said_to_be_beside() -> None:
    folder = ROOT / PAGE
    imported = {
        (folder / name).parent.joinpath(file).resolve().relative_to(folder).as_posix()
        for name in SCRIPTS
        for file in IMPORTED.findall((folder / name).read_text(encoding="utf-8"))
    }
    assert imported <= {*SCRIPTS, *SCRIPTS_BESIDE}
    assert SCRIPTS_BESIDE.keys() <= imported


def test_a_browser_keeps_the_network_for_good_and_what_has_no_hash_in_its_name_not(settings: Any) -> None:
    kept = re.compile(settings.WHITENOISE_IMMUTABLE_FILE_TEST)
    assert kept.search(static(NETWORK))
    assert NETWORK_SHA256.startswith(Path(NETWORK).stem.rpartition("-")[2])
    for other in ("vendor/tracking/ort.wasm", "js/capture/main.js", "vendor/comparing/LICENSE"):
        assert not kept.search(static(other))


@pytest.mark.needs("comparing")
def test_the_file_that_is_served_is_laid_out_from_the_workers(tmp_path: Path) -> None:
    (tmp_path / NETWORK).parent.mkdir(parents=True)
    (tmp_path / NETWORK).with_name("sface-of-a-release-before.onnx").write_bytes(b"")
    lay_out(tmp_path)
    assert [file.name for file in (tmp_path / NETWORK).parent.iterdir()] == [Path(NETWORK).name]
    assert (tmp_path / NETWORK).read_bytes() == (COMPARING / Path(NETWORK).name).read_bytes()
