"""The bans that carry a security requirement are really in force."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _ruff(code: str, *, path: str) -> str:
    command = [sys.executable, "-m", "ruff", "check", "--output-format", "concise", "--stdin-filename", path]
    return subprocess.run(
        [*command, "-"], input=code, cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout


@pytest.mark.requirement("S9.4-10")
@pytest.mark.parametrize(
    "code", ["import random\n", "from random import choice\n", "from numpy import random\n"]
)
def test_predictable_random_numbers_are_banned(code: str) -> None:
    assert "TID251" in _ruff(code, path="authsvc/core/example.py")


@pytest.mark.requirement("S9.4-07")
def test_pickle_is_banned() -> None:
    assert "TID251" in _ruff("import pickle\n", path="authsvc/core/example.py")
