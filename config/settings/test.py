"""A test run: fresh secrets in memory, and the database that the run has started."""

from config import secrets
from config.environment import name_environment

name_environment("test")

from config.settings.given import given
from config.settings.parts.storage import database
from config.settings.relaxed import *

SECRET_KEY, SECRETS = (
    secrets.load(SECRETS_FILE, ROLES) if SECRETS_FILE.exists() else secrets.held(secrets.generate(), ROLES)
)
if given.test_database_url:
    DATABASES = {"default": database(given.test_database_url)}
