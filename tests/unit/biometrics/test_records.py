"""Evaluation records: which are believed, and what voids them (S9.2-03)."""

import hashlib
import json
import shutil
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from authsvc.biometrics.engines.loading import load_engine
from authsvc.biometrics.records import manifest, pins, record
from authsvc.biometrics.records.manifest import (
    BESIDES,
    BIOMETRICS,
    DOES_NOT_JUDGE,
    MODULES,
    PAGE,
    ROOT,
    SCRIPTS,
    SCRIPTS_BESIDE,
    dotted,
    package_of,
    stages_version,
    version_of,
)
from authsvc.biometrics.records.page import page_engine
from authsvc.biometrics.records.record import (
    SHIPPED,
    EvaluationRecord,
    current_record,
    is_signed,
    load_records,
    sign_record,
)
from authsvc.biometrics.records.script import tokens
from authsvc.biometrics.records.standing import weakness_of
from authsvc.biometrics.records.syntax import imported_modules, meaning
from authsvc.evaluation import storing
from authsvc.evaluation.storing import ship_record, write_record

KEY = Ed25519PrivateKey.generate()
READ: dict[object, str] = {}
PRIVATE, PUBLIC = KEY.private_bytes_raw(), KEY.public_key().public_bytes_raw()


def read_once(text: str, *, package: str, names: Mapping[str, str], besides: Collection[str] = ()) -> str:
    """Return what `meaning` does of the same."""
    key = (text, package, frozenset(names.items()), frozenset(besides))
    if key not in READ:
        READ[key] = meaning(text, package=package, names=names, besides=besides)
    return READ[key]


@pytest.fixture(autouse=True)
def _each_text_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most texts are those of the test before."""
    monkeypatch.setattr("authsvc.biometrics.records.syntax.meaning", read_once)


@pytest.fixture
def made() -> EvaluationRecord:
    point = {
        "threshold": 0.9,
        "fmr": 0.0,
        "fmr_interval": [0.0, 0.1],
        "fnmr": 0.0,
        "fnmr_interval": [0.0, 0.1],
    }
    return EvaluationRecord(
        id="2030-01-01-0123456789",
        engine="engine:1",
        stages=stages_version(),
        dataset="made",
        created="2030-01-01T00:00:00+00:00",
        counts={"people": 20},
        points={"1e-4": point},
    )


# --- which are believed -----------------------------------------------------------------------------


@pytest.mark.requirement("S9.2-03")
def test_a_signed_record_is_loaded_and_an_altered_one_is_not(made: EvaluationRecord, tmp_path: Path) -> None:
    signed = sign_record(made, PRIVATE)
    path = write_record(signed, tmp_path)
    assert current_record(load_records(tmp_path, [PUBLIC]), engine="engine:1") == signed
    body = json.loads(path.read_text(encoding="utf-8"))
    body["points"]["1e-4"]["threshold"] -= 0.1
    path.write_text(json.dumps(body), encoding="utf-8")
    assert current_record(load_records(tmp_path, [PUBLIC]), engine="engine:1") is None


@pytest.mark.requirement("S9.2-03")
def test_a_record_that_a_release_before_pad_signed_is_believed(
    made: EvaluationRecord, tmp_path: Path
) -> None:
    body = {name: value for name, value in asdict(made).items() if name not in {"pad", "references"}}
    said = json.dumps(body, sort_keys=True).encode()
    before = {**body, "signature": KEY.sign(said).hex()}
    (tmp_path / "before.json").write_text(json.dumps(before), encoding="utf-8")
    found = current_record(load_records(tmp_path, [PUBLIC]), engine="engine:1")
    assert found == replace(made, signature=before["signature"])
    assert found.pad is None
    assert not is_signed(replace(found, pad={}), PUBLIC)


@pytest.mark.requirement("S9.2-03")
@pytest.mark.parametrize("signature", ["", "zz", "00" * 64])
def test_a_record_without_a_good_signature_is_none(
    made: EvaluationRecord, tmp_path: Path, signature: str
) -> None:
    assert not is_signed(replace(made, signature=signature), PUBLIC)
    write_record(replace(made, signature=signature), tmp_path)
    (tmp_path / "damaged.json").write_text("{", encoding="utf-8")
    (tmp_path / "other.json").write_text('{"id": 1}', encoding="utf-8")
    assert current_record(load_records(tmp_path, [PUBLIC]), engine="engine:1") is None


@pytest.mark.requirement("S9.2-03")
def test_another_keys_signature_is_none(made: EvaluationRecord) -> None:
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    assert is_signed(sign_record(made, PRIVATE), PUBLIC)
    assert not is_signed(sign_record(made, PRIVATE), other)


@pytest.mark.requirement("S9.2-03")
def test_a_newer_record_of_the_same_engine_counts(made: EvaluationRecord) -> None:
    newer = replace(made, id="newer", created="2999-01-01T00:00:00+00:00")
    assert current_record([made, newer], engine="engine:1") == newer
    assert current_record([made, replace(newer, stages="other")], engine="engine:1") == made
    assert current_record([made], engine="engine:2") is None


@pytest.mark.requirement("S9.2-03")
def test_the_release_has_a_record_of_what_runs() -> None:
    found = current_record(load_records(None, [PUBLIC]), engine=load_engine().engine_id)
    assert found is not None
    assert set(found.points) == {"1e-3", "1e-4", "3e-5"}


@pytest.mark.requirement("S9.2-03", "S9.2-05")
def test_t25_the_record_of_the_release_vouches_for_faces() -> None:
    (shipped,) = (one for one in load_records(None, [PUBLIC]) if not one.references)
    assert weakness_of(shipped, "1e-4", moment=datetime.fromisoformat(shipped.created)) is None


@pytest.mark.requirement("S9.2-03", "S5.2-05")
def test_the_release_has_a_record_of_what_its_page_compares_with_the_workers_references() -> None:
    shipped = current_record(load_records(None, [PUBLIC]), engine=page_engine())
    assert shipped is not None
    assert shipped.references == load_engine().engine_id
    assert weakness_of(shipped, "1e-4", moment=datetime.fromisoformat(shipped.created)) is None


@pytest.mark.requirement("S9.2-03")
def test_a_shipped_record_whose_bytes_are_not_the_pinned_ones_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(record, "SHIPPED", tmp_path)
    path, other = sorted(tmp_path.glob("*.json"))
    assert {one.id for one in load_records(None, [PUBLIC])} == {path.stem, other.stem}
    other.unlink()
    path.rename(tmp_path / "renamed.json")
    assert [one.id for one in load_records(None, [PUBLIC])] == [path.stem]
    (tmp_path / "renamed.json").write_bytes(
        (tmp_path / "renamed.json").read_bytes().replace(b'"threshold": 0.', b'"threshold": 0.1')
    )
    assert load_records(None, [PUBLIC]) == []


@pytest.mark.requirement("S9.2-03")
def test_a_signed_record_among_the_shipped_needs_a_pin_too(
    made: EvaluationRecord, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(record, "SHIPPED", tmp_path)
    write_record(sign_record(made, PRIVATE), tmp_path)
    assert load_records(None, [PUBLIC]) == []


def test_a_release_gets_one_record_and_its_pin(made: EvaluationRecord, tmp_path: Path) -> None:
    former, pins = tmp_path / "former.json", tmp_path / "pins.py"
    former.write_text("{}")
    path, sha256 = ship_record(made, folder=tmp_path, pins=pins)
    assert list(tmp_path.glob("*.json")) == [path]
    found: dict[str, object] = {}
    exec(pins.read_text(encoding="utf-8"), found)  # noqa: S102 - it was written a line above
    assert found["SHA256"] == {made.id: sha256}
    assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    of_a_page = replace(made, id="of-a-page", engine="page:1", references="engine:1")
    other, pinned = ship_record(of_a_page, folder=tmp_path, pins=pins)
    assert set(tmp_path.glob("*.json")) == {path, other}
    exec(pins.read_text(encoding="utf-8"), found)  # noqa: S102 - as above
    assert found["SHA256"] == {made.id: sha256, "of-a-page": pinned}


def test_the_pins_stand_as_the_command_writes_them(tmp_path: Path) -> None:
    shipped = load_records(None, [PUBLIC])
    found = {one.id: ship_record(one, folder=tmp_path, pins=tmp_path / "pins.py")[1] for one in shipped}
    assert found == pins.SHA256
    assert storing.PINS.read_text(encoding="utf-8") == (tmp_path / "pins.py").read_text(encoding="utf-8")


# --- what voids them --------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of everything that judges, laid out as the repository."""
    for folder, files in ((BIOMETRICS, MODULES), (PAGE, SCRIPTS)):
        for file in files.values():
            target = tmp_path / folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / folder / file, target)
    return tmp_path


def change(path: Path, before: str, after: str) -> None:
    """Change a text where it first stands in a file; it must."""
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_the_version_is_that_of_the_source(copy: Path) -> None:
    assert version_of(copy) == stages_version()


KEPT = {
    "a comment": ("stages/pad/border.py", "\nCALIBRATIONS", "\n# A remark.\nCALIBRATIONS"),
    "the docstring of a module": ("stages/quality.py", '"""', '"""Reworded. '),
    "the docstring of a constant": (
        "challenges.py",
        '"""Milliseconds a colour stays',
        '"""How long one stays',
    ),
    "the docstring of a method": ("types.py", '"""Return the cue under', '"""The cue under'),
    "an import for annotations": (
        "stages/features.py",
        "import numpy as np",
        "from decimal import Decimal\n\nimport numpy as np",
    ),
    "an annotation": ("stages/comparison.py", "threshold: float", "threshold: 'float'"),
    "a line's end": ("stages/decision.py", "import hashlib\n", "import hashlib\n\n\n"),
    "a signal's failure mode": (
        "stages/pad/continuity.py",
        '"identity": "twins,',
        '"identity": "twin sisters,',
    ),
    "a name for the audit trail": ("types.py", "    NO_FACE = ", "    NO_EYES = 'no-eyes'\n    NO_FACE = "),
}


@pytest.mark.requirement("S9.2-03")
@pytest.mark.parametrize("kind", KEPT)
def test_a_change_of_words_keeps_the_record(copy: Path, kind: str) -> None:
    file, before, after = KEPT[kind]
    change(copy / BIOMETRICS / file, before, after)
    assert version_of(copy) == stages_version()


VOIDED = {
    "a threshold": (
        f"{BIOMETRICS}/stages/decode/jpeg.py",
        "LEAST_SIDE: Final = 320",
        "LEAST_SIDE: Final = 321",
    ),
    "a weight": (f"{BIOMETRICS}/stages/pad/border.py", "Calibration(", "Calibration(1 + "),
    "an operator": (f"{BIOMETRICS}/types.py", "self.score >= self.threshold", "self.score > self.threshold"),
    "a cue": (f"{BIOMETRICS}/challenges.py", '"nearer", "farther")', '"nearer")'),
    "a cue's time": (f"{BIOMETRICS}/challenges.py", "LIGHT_MS: Final = 600", "LIGHT_MS: Final = 500"),
    "the mix": (f"{BIOMETRICS}/challenges.py", '("blink", "smile")', '("blink",)'),
    "frames a second": (f"{BIOMETRICS}/challenges.py", '"fps": 8', '"fps": 5'),
    "another function of one name": (
        f"{BIOMETRICS}/stages/pad/fusion.py",
        "from .signals import CALIBRATIONS",
        "from .border import CALIBRATIONS",
    ),
    "a member that a package offers": (
        f"{BIOMETRICS}/stages/decode/__init__.py",
        "from .decoding import decode, read_sample",
        "from .decoding import read_sample\nfrom .pictures import decode_pictures as decode",
    ),
    "the order of the stages": (
        "authsvc/core/stages.py",
        "    Stage.PAD,\n    Stage.IAD,\n",
        "    Stage.IAD,\n    Stage.PAD,\n",
    ),
    "a stage of a plan": ("authsvc/core/stages.py", "    Stage.AGREEMENT,", "    #"),
    "what a stage does": (
        f"{BIOMETRICS}/pipeline.py",
        "Stage.VAULT: _vault",
        "Stage.VAULT: _template",
    ),
    "what a decision rests on": (f"{BIOMETRICS}/stages/decision.py", "    Stage.IAD,\n", ""),
    "a default": (f"{BIOMETRICS}/engines/faces.py", "PADDING: Final = 0.25", "PADDING: Final = None"),
    "the quality of a JPEG": (f"{PAGE}/camera.js", "JPEG_QUALITY = 0.85", "JPEG_QUALITY = 0.80"),
    "a frame's time": (f"{PAGE}/burst.js", "0.95 * Math.max", "0.9 * Math.max"),
    "the light": (f"{PAGE}/light.js", 'colour ?? ""', '""'),
}


@pytest.mark.requirement("S9.2-03")
@pytest.mark.parametrize("kind", VOIDED)
def test_a_change_of_what_judges_voids_the_record(copy: Path, kind: str) -> None:
    file, before, after = VOIDED[kind]
    change(copy / file, before, after)
    assert version_of(copy) != stages_version()


@pytest.mark.requirement("S9.2-03")
@pytest.mark.parametrize("name", MODULES)
def test_one_statement_more_in_any_module_voids_the_record(copy: Path, name: str) -> None:
    path = copy / BIOMETRICS / MODULES[name]
    path.write_text(path.read_text(encoding="utf-8") + "\nLATE = 1\n", encoding="utf-8")
    assert version_of(copy) != stages_version()


@pytest.mark.requirement("S9.2-03")
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_remark_in_any_script_keeps_the_record_and_a_statement_voids_it(copy: Path, name: str) -> None:
    path = copy / PAGE / SCRIPTS[name]
    path.write_text("/* a\n remark */\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert version_of(copy) == stages_version()
    path.write_text(path.read_text(encoding="utf-8") + "\nlate();", encoding="utf-8")
    assert version_of(copy) != stages_version()


RENAMED = {
    "pad.fusion": ("stages/pad/weighing.py", {r"from .fusion import": "from .weighing import"}),
    "quality": (
        "stages/worth.py",
        {
            "from authsvc.biometrics.stages import comparison, decision, features, iad, quality": (
                "from authsvc.biometrics.stages import comparison, decision, features, iad, worth"
            ),
            **{
                f"quality.{name}(": f"worth.{name}("
                for name in ("assess", "components", "hint_for", "hint_unseen")
            },
        },
    ),
    "pixels": ("decoder/pictures.py", {"authsvc.biometrics.pixels": "authsvc.biometrics.decoder.pictures"}),
}


@pytest.mark.requirement("S9.2-03")
@pytest.mark.parametrize("name", RENAMED)
def test_a_renamed_module_keeps_the_record(copy: Path, name: str) -> None:
    file, rewritten = RENAMED[name]
    (copy / BIOMETRICS / file).parent.mkdir(exist_ok=True)
    (copy / BIOMETRICS / MODULES[name]).rename(copy / BIOMETRICS / file)
    modules: Mapping[str, str] = {**MODULES, name: file}
    for one in modules.values():
        path = copy / BIOMETRICS / one
        text = path.read_text(encoding="utf-8")
        for before, after in rewritten.items():
            text = text.replace(before, after)
        path.write_text(text, encoding="utf-8")
    assert version_of(copy, modules=modules) == stages_version()


@pytest.mark.requirement("S9.2-03")
def test_a_renamed_script_keeps_the_record(copy: Path) -> None:
    (copy / PAGE / "light.js").rename(copy / PAGE / "glow.js")
    change(copy / PAGE / "burst.js", '"./light.js"', '"./glow.js"')
    assert version_of(copy, scripts={**SCRIPTS, "page.light": "glow.js"}) == stages_version()


def test_a_module_that_is_missing_is_no_version(copy: Path) -> None:
    (copy / BIOMETRICS / MODULES["iad"]).unlink()
    with pytest.raises(OSError, match=r"iad\.py"):
        version_of(copy)


# --- what is listed ---------------------------------------------------------------------------------


def says_nothing(path: Path) -> bool:
    """Tell whether a module holds a docstring at most."""
    text = path.read_text(encoding="utf-8")
    return meaning(text, package=BIOMETRICS.replace("/", "."), names={}) == "Module()"


@pytest.mark.requirement("S9.2-03")
def test_every_stage_and_engine_judges_or_is_said_not_to() -> None:
    folder = ROOT / BIOMETRICS
    found = {
        path.relative_to(folder).as_posix()
        for room in ("stages", "engines")
        for path in (folder / room).rglob("*.py")
        if not says_nothing(path)
    }
    assert found - {*MODULES.values(), *DOES_NOT_JUDGE} == set()


@pytest.mark.requirement("S9.2-03")
@pytest.mark.parametrize("name", MODULES)
def test_what_a_judging_module_imports_judges_or_is_said_not_to(name: str) -> None:
    file = MODULES[name]
    text = (ROOT / BIOMETRICS / file).read_text(encoding="utf-8")
    known = {dotted(one) for one in (*MODULES.values(), *DOES_NOT_JUDGE)}
    own = {one for one in imported_modules(text, package=package_of(file)) if one.startswith("authsvc")}
    assert {one for one in own if is_module(one)} - known == set()


def is_module(name: str) -> bool:
    """Tell whether a dotted name is a module of ours that says something."""
    path = ROOT.joinpath(*name.split("."))
    found = [one for one in (path.with_suffix(".py"), path / "__init__.py") if one.is_file()]
    return any(not says_nothing(one) for one in found)


@pytest.mark.requirement("S9.2-03")
@pytest.mark.parametrize("file", SCRIPTS.values())
def test_what_a_judging_script_imports_judges_or_is_said_not_to(file: str) -> None:
    found = tokens((ROOT / PAGE / file).read_text(encoding="utf-8"))
    imported = {after[3:-1] for word, after in pairwise(found) if word == "from"}
    assert imported - {*SCRIPTS.values(), *SCRIPTS_BESIDE} == set()


def test_every_reason_not_to_judge_is_of_a_file_and_no_file_is_listed_twice() -> None:
    files = [*MODULES.values(), *DOES_NOT_JUDGE]
    assert len(files) == len(set(files))
    assert [file for file in files if not (ROOT / BIOMETRICS / file).is_file()] == []
    assert all(DOES_NOT_JUDGE.values())
    assert set(BESIDES) <= set(MODULES)


def test_the_version_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = stages_version()
    monkeypatch.setattr(manifest, "version_of", lambda root: pytest.fail("it is computed again"))
    assert stages_version() == first
