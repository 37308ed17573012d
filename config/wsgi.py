"""WSGI entry point for gunicorn: `config.wsgi:application`."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.chunked import with_length
from config.safety import refuse_unsafe_database, refuse_wide_credential, refuse_without_role

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

refuse_without_role(settings.ROLES)
application = with_length(get_wsgi_application())
refuse_wide_credential(production=settings.PRODUCTION)
refuse_unsafe_database(production=settings.PRODUCTION)
