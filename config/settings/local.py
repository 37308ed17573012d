"""One machine, over http on the loopback interface: the demo, and development."""

from config import secrets
from config.environment import name_environment

name_environment("local")

from config.settings.relaxed import *

# Commands that need no secrets, `generate_secrets` itself, run before the file exists.
SECRET_KEY, SECRETS, SECRET_KEY_FALLBACKS = (
    secrets.load(SECRETS_FILE, ROLES)
    if SECRETS_FILE.exists() and not secrets.being_written()
    else secrets.nothing()
)
