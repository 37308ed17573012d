"""The repository's shape: fixed names at the top, and nothing in it that set-up should fetch."""

import subprocess
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOP = {
    *(".ci", ".gitignore", ".npmrc", "CHANGELOG.md", "Makefile", "README.md", "authsvc", "benchmarks"),
    *(".editorconfig", ".pre-commit-config.yaml", "CONTRIBUTING.md", "SECURITY.md"),
    *("eslint.config.js", "stylelint.config.js", "requirements"),
    *("config", "devtools", "gunicorn.conf.py", "locale"),
    *("deploy", "docs", "manage.py", "package-lock.json", "package.json", "portal", "pyproject.toml"),
    *("requirements.lock", "requirements.txt", "rp", "static", "templates", "tests"),
}
LAYERED = {"config", "authsvc", "portal", "rp", "devtools"}
FETCHED = {".jpg", ".jpeg", ".dat", ".onnx", ".tflite", ".mp4", ".mjpeg", ".whl", ".gz", ".zip", ".so"}


@pytest.fixture(scope="module")
def tracked() -> list[PurePosixPath]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git work tree")
    return [PurePosixPath(line) for line in listed.stdout.splitlines()]


def test_the_top_level_names_are_the_agreed_ones(tracked: list[PurePosixPath]) -> None:
    assert {path.parts[0] for path in tracked} - TOP == set()


def test_no_photograph_model_or_archive_is_kept(tracked: list[PurePosixPath]) -> None:
    assert [str(path) for path in tracked if path.suffix.lower() in FETCHED] == []


def test_no_module_is_a_drawer_for_odds_and_ends(tracked: list[PurePosixPath]) -> None:
    assert [str(path) for path in tracked if path.stem in {"utils", "helpers", "misc", "common"}] == []


def test_every_folder_of_code_is_a_package(tracked: list[PurePosixPath]) -> None:
    """What is none is passed over by the linter of imports, and so by every contract on layers."""
    packages = {path.parent for path in tracked if path.name == "__init__.py"}
    code = {path.parent for path in tracked if path.suffix == ".py" and path.parts[0] in LAYERED}
    assert {str(folder) for folder in code - packages} == set()
