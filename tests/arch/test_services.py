"""The throw-away servers, and what happens to tests whose server is missing."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests import needs

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.needs("postgresql")
def test_the_tests_role_is_bound_by_row_level_security() -> None:
    with psycopg.connect(os.environ["VISOR_TEST_DATABASE_URL"]) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == (False, False)


def _run_one(folder: Path, *, ci: bool) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(
        "import pytest\n@pytest.mark.needs('chromium')\ndef test_it(): raise SystemExit('it ran')\n"
    )
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  needs\n  browser\n")
    environment = {"PATH": "", "PYTHONPATH": str(ROOT), **({"CI": "true"} if ci else {})}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-p",
        "no:django",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(
        [*command, "-p", "no:playwright", "test_it.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_missing_service_skips_a_test_and_is_named_at_the_end(tmp_path: Path) -> None:
    result = _run_one(tmp_path, ci=False)
    assert result.returncode == 0, result.stdout
    assert "Not run: 1 test, no Chromium (make system-deps)" in result.stdout.splitlines()[-2]


def test_continuous_integration_leaves_nothing_out(tmp_path: Path) -> None:
    result = _run_one(tmp_path, ci=True)
    assert result.returncode == 1
    assert "leaves nothing out" in result.stdout


def test_an_unknown_service_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        needs.missing(("postgres",))
