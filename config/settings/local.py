"""One machine, over http on the loopback interface: the demo, and development."""

from config import secrets
from config.environment import name_environment
from config.preparing import is_preparing

name_environment("local")

from config.settings.relaxed import *

SECRET_KEY, SECRETS, SECRET_KEY_FALLBACKS = (
    secrets.load(SECRETS_FILE, ROLES) if SECRETS_FILE.exists() and not is_preparing() else secrets.nothing()
)
