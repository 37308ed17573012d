"""What the settings make of the database's address."""

import json

import pytest

from tests.unit.config.process import python

PRINT = """
import json
from config.settings import DATABASES
print(json.dumps(DATABASES["default"]["OPTIONS"]))
"""


def options(url: str, folder: str) -> dict[str, object]:
    done = python(PRINT, VISOR_ENVIRONMENT="test", VISOR_DATABASE_URL=url, VISOR_DATA_DIR=folder)
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
