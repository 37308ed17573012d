"""What set-up downloads is pinned: by version, and by the hash of every file."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON_LOCKS = [
    ROOT / "requirements.lock",
    *sorted((ROOT / "requirements").glob("*.lock")),
    ROOT / "benchmarks" / "requirements.lock",
    ROOT / "deploy" / "setup" / "audit.lock",
    ROOT / "deploy" / "setup" / "node.lock",
    ROOT / "deploy" / "setup" / "models.lock",
    ROOT / "deploy" / "setup" / "photos.lock",
]


def _requirements(lock: Path) -> list[str]:
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


@pytest.mark.parametrize("lock", PYTHON_LOCKS, ids=lambda path: path.name)
def test_every_python_package_has_one_version_and_hashes(lock: Path) -> None:
    for requirement in _requirements(lock):
        assert re.match(r"[A-Za-z0-9._-]+==[^\s;]+", requirement), requirement
        assert "--hash=sha256:" in requirement


def test_the_lock_holds_every_direct_requirement_at_its_version() -> None:
    locked = {re.sub(r"[-_.]+", "-", line.split()[0].lower()) for line in _requirements(PYTHON_LOCKS[0])}
    for line in _requirements(ROOT / "requirements.txt"):
        pin = re.sub(r"\[.*?\]", "", line.split("#")[0].strip().lower())
        assert pin.startswith("./deploy/shims/") or re.sub(r"[-_.]+", "-", pin) in locked, line


def test_nothing_asks_for_the_dlib_that_must_be_compiled() -> None:
    names = {line.split("==")[0].lower() for line in _requirements(PYTHON_LOCKS[0])}
    assert "dlib-bin" in names
    assert "dlib" not in names


def _front_end() -> dict[str, dict[str, Any]]:
    content = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages: dict[str, dict[str, Any]] = content["packages"]
    return {name: package for name, package in packages.items() if name}


def test_every_front_end_package_has_an_integrity_hash_and_no_address() -> None:
    for name, package in _front_end().items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name


def test_front_end_packages_run_no_code_when_installed() -> None:
    assert "ignore-scripts=true" in (ROOT / ".npmrc").read_text(encoding="utf-8").splitlines()
