"""`make demo`, as a newcomer runs it: from no data to three refusals."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.stack.services import free_port
from tests.campaign import Size

RUN = Path(__file__).resolve().parents[3] / "devtools" / "demo" / "run.py"


def _environment(data: Path, web: int) -> dict[str, str]:
    """Only what a shell gives: none of the variables of this test run."""
    kept = {
        name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "VISOR_PHOTOS"}
    }
    own = {"VISOR_DATA_DIR": str(data), "VISOR_PORT": str(web), "PARTNER_PORT": str(free_port())}
    return {**kept, **own, "DEMO_EXIT": "1"}


def _run(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(RUN)], env=environment, capture_output=True, text=True, timeout=240, check=False
    )


@pytest.mark.e2e
@pytest.mark.needs("photos")
@pytest.mark.requirement("SA-01")
def test_a_person_signs_in_and_three_attacks_are_refused(tmp_path: Path, size: Size) -> None:
    environment = _environment(tmp_path, free_port())
    first = _run(environment)
    assert first.returncode == 0, first.stdout + first.stderr
    # What the demo says of levels is what the token says (T08).
    assert '"capture": "browser"' in first.stdout
    assert '"swk"' in first.stdout
    assert "hwk" not in first.stdout
    assert "a second moment for what is kept of the face" in first.stdout
    assert "L2 is what the passkey alone earns" in first.stdout
    for _ in range(size("starts with what is there", sample=0, whole=1)):
        again = _run(environment)
        assert again.returncode == 0, again.stdout + again.stderr


@pytest.mark.e2e
def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = _run(_environment(tmp_path, port))
    assert result.returncode == 1
    assert f"port {port} is in use" in result.stderr
    assert not list(tmp_path.iterdir())
