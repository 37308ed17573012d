"""The applications and middleware of the process's roles (config/roles.py)."""

from config import roles
from config.settings.given import given

INSTALLED_APPS = roles.apps(given.roles)
MIDDLEWARE = roles.middleware(given.roles)
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The interfaces for programs: plain JSON; each endpoint says itself who may call it.
REST_FRAMEWORK = {"UNAUTHENTICATED_USER": None, "UNICODE_JSON": True}
