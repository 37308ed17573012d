"""WSGI entry point for gunicorn: `config.wsgi:application`."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.bodies import within_limits
from config.chunked import with_length
from config.collected import refuse_without_files
from config.safety import refuse_unsafe_database, refuse_wide_credential, refuse_without_role
from config.strangers import counting_refusals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

refuse_without_role(settings.ROLES)
# Chunks are read first: where they are malformed, nobody has answered yet.
application = counting_refusals(with_length(within_limits(get_wsgi_application())))
refuse_wide_credential(production=settings.PRODUCTION)
refuse_unsafe_database(production=settings.PRODUCTION)
refuse_without_files()
