"""A public site: no process starts with anything unsafe, or without the secrets of its roles."""

from config import custody, secrets
from config.environment import name_environment
from config.preparing import is_preparing
from config.safety import refuse_unsafe

name_environment("production")

from config.settings.base import *

if is_preparing():
    SECRET_KEY, SECRETS, SECRET_KEY_FALLBACKS = secrets.nothing()
else:
    refuse_unsafe(globals())
    if ROLES:
        custody.refuse_unsafe(SECRETS_FILE, ROLES)
    SECRET_KEY, SECRETS, SECRET_KEY_FALLBACKS = secrets.load(SECRETS_FILE, ROLES)
    if "provider" in ROLES and CHECKPOINT_KEY_FILE is not None:
        custody.refuse_unsafe(CHECKPOINT_KEY_FILE, [secrets.SEQUENCER])
        CHECKPOINT_KEY = secrets.checkpoint_key(CHECKPOINT_KEY_FILE)
