"""A public site: no process starts with anything unsafe, or without the secrets of its roles."""

from config import custody, secrets
from config.environment import name_environment
from config.safety import refuse_unsafe

name_environment("production")

from config.settings.base import *

refuse_unsafe(globals())
if ROLES:
    custody.refuse_unsafe(SECRETS_FILE, ROLES)
SECRET_KEY, SECRETS, SECRET_KEY_FALLBACKS = secrets.load(SECRETS_FILE, ROLES)
