"""What the settings make of the database's address."""

import json
import os
import subprocess
import sys

import pytest

PRINT = """
import json
from config.settings import DATABASES
print(json.dumps(DATABASES["default"]["OPTIONS"]))
"""


def options(url: str, folder: str) -> dict[str, object]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VISOR_")}
    environment |= {"VISOR_ENVIRONMENT": "test", "VISOR_DATABASE_URL": url, "VISOR_DATA_DIR": folder}
    done = subprocess.run([sys.executable, "-c", PRINT], env=environment, capture_output=True, check=True)
    said: dict[str, object] = json.loads(done.stdout)
    return said


@pytest.mark.requirement("S9.4-14")
def test_what_the_address_asks_of_the_connection_is_kept(tmp_path):
    said = options("postgres://visor@db/visor?sslmode=verify-full&sslrootcert=/ca.pem", str(tmp_path))
    assert (said["sslmode"], said["sslrootcert"]) == ("verify-full", "/ca.pem")
    assert said["server_side_binding"] is True
    assert said["prepare_threshold"] == 5


def test_the_address_goes_before_our_own_choice(tmp_path):
    assert options("postgres://visor@db/visor?prepare_threshold=9", str(tmp_path))["prepare_threshold"] == 9
