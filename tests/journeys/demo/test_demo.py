"""`make demo`, as a newcomer runs it: from no data to what must be refused, and a second organisation."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.demo.run import shown
from devtools.stack.services import free_port
from devtools.stack.stack import Stack
from tests import models
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
@pytest.mark.modes("demo", "software phone")
@pytest.mark.requirement("SA-01", "SA-03")
@pytest.mark.parametrize(
    ("workflow", "letter"),
    models.with_each({"one device": "W1", "a desk and a phone": "W2"}, "one device"),
)
def test_a_person_signs_in_and_attacks_are_refused(
    tmp_path: Path, size: Size, workflow: str, letter: str
) -> None:
    environment = {**_environment(tmp_path, free_port()), "WORKFLOW": workflow, "MODEL": letter}
    first = _run(environment)
    assert first.returncode == 0, first.stdout + first.stderr
    assert f"Where the reference lies: model {letter}" in first.stdout
    assert f'"model": "{letter}"' in first.stdout
    # What the demo says of levels is what the token says (T08).
    native = letter in models.COMPARED_BY_PHONES
    assert f'"capture": "{"native" if native else "browser"}"' in first.stdout
    assert '"swk"' in first.stdout
    assert "hwk" not in first.stdout
    assert "a second moment for what is kept of the face" in first.stdout
    assert "L2 is what the passkey alone earns" in first.stdout
    assert first.stdout.count("     refused at ") == (11 if native else 7)
    assert 'the site\'s token: acr "urn:visor:L2", handoff "number"' in first.stdout
    # Of the main sign-in, which either began at a desk or did not.
    assert ('"handoff": "number"' in first.stdout) == (workflow == "W2")
    assert 'with one made by a recovery code: acr "urn:visor:L1"' in first.stdout
    assert "Town Archive hears step 11: unmet_authentication_requirements" in first.stdout
    assert "Harbour Vault hears step 1: unmet_authentication_requirements" in first.stdout
    assert 'Town Archive, proven anew: acr "urn:visor:L2"' in first.stdout
    for _ in range(size("starts with what is there", sample=0, whole=1)):
        again = _run(environment)
        assert again.returncode == 0, again.stdout + again.stderr


@pytest.mark.e2e
@pytest.mark.needs("photos")
@pytest.mark.whole
@pytest.mark.modes("demo", "software phone", models="D")
@pytest.mark.requirement("SA-01", "S6.3-04")
def test_where_nothing_is_kept_or_compared_it_says_so(tmp_path: Path) -> None:
    done = _run({**_environment(tmp_path, free_port()), "MODEL": "D"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "a passkey, consent, and no camera" in done.stdout
    assert '"match": "none"' in done.stdout
    assert '"presence": true' in done.stdout
    assert "second moment" not in done.stdout


@pytest.mark.e2e
@pytest.mark.needs("photos")
@pytest.mark.requirement("S6.3-04", "SA-02")
@pytest.mark.whole
def test_liveness_as_a_service_is_shown_with_its_refusals(stack: Stack) -> None:
    assert shown({"LIVENESS": "1"}) == "demo_liveness"
    said = stack.manage(shown({"LIVENESS": "1"}))
    assert '"pad": "accepted"' in said
    assert '"sub"' not in said
    assert said.count("Attack: ") == said.count("     refused at ") == 8
    for reason in ("result_taken", "key-refused", "unauthorized_client", "invalid_request"):
        assert reason in said
    assert "All went as told" in said


@pytest.mark.e2e
def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = _run(_environment(tmp_path, port))
    assert result.returncode == 1
    assert f"port {port} is in use" in result.stderr
    assert not list(tmp_path.iterdir())
