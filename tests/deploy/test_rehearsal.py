"""The rehearsal in its longer form; `make rehearse` runs the shorter one."""

import subprocess
import sys

import pytest

from deploy.rehearse.__main__ import missing
from tests.deploy.rendered import ROOT

REQUESTS = 20_000


@pytest.mark.whole
@pytest.mark.needs("systemd", "models", "photos")
@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_an_installation_is_rehearsed_with_many_requests() -> None:
    command = [sys.executable, "-m", "deploy.rehearse", "--requests", str(REQUESTS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
