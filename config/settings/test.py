"""A test run: fresh secrets in memory, and the database that the run has started."""

import atexit
import shutil
import tempfile
from pathlib import Path

from authsvc.limits.register import LIMITS as REGISTER
from config import secrets
from config.environment import name_environment

name_environment("test")

from config.settings.given import given
from config.settings.parts.storage import database, with_credential
from config.settings.relaxed import *

SECRET_KEY, SECRETS, SECRET_KEY_FALLBACKS = (
    secrets.load(SECRETS_FILE, ROLES) if SECRETS_FILE.exists() else secrets.held(secrets.generate(), ROLES)
)
# Of this process alone, and with room for whatever a test repeats; tests of limits set their own.
COUNTERS = "memory"
LIMITS = {name: 10**6 for name, limit in REGISTER.items() if not limit.guards}
# The run's own, which tests/conftest.py empties before each test.
if given.key_store is None:
    KEY_STORE = Path(tempfile.mkdtemp(prefix="visor-keys-"))
    atexit.register(shutil.rmtree, KEY_STORE, ignore_errors=True)
if given.log_anchor is None:
    LOG_ANCHOR = Path(tempfile.mkdtemp(prefix="visor-checkpoints-"))
    atexit.register(shutil.rmtree, LOG_ANCHOR, ignore_errors=True)
OPERATORS = frozenset({"operator@example.org"})
PASSWORD_HASHERS = ["tests.hashing.QuickArgon2"]
if given.test_database_url:
    DATABASES = with_credential(database(given.test_database_url), ROLES, SECRETS_FILE)
