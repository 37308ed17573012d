"""The settings of a production process but for its secrets, subject by subject."""

from config.settings.parts.process import *  # isort: skip - which process this is
from config.settings.parts.watching import *  # isort: skip - who watches it
from config.settings.parts.applications import *  # isort: skip - what it is made of, by role
from config.settings.parts.transport import *  # isort: skip - hosts, https, cookies, headers
from config.settings.parts.pages import *  # isort: skip - templates, languages, files
from config.settings.parts.mail import *  # isort: skip - where mail goes
from config.settings.parts.pushes import *  # isort: skip - push services
from config.settings.parts.storage import *  # isort: skip - database and cache
from config.settings.parts.keys import *  # isort: skip - the key service
from config.settings.parts.references import *  # isort: skip - where references lie
from config.settings.parts.log import *  # isort: skip - the audit log's name and anchors
from config.settings.parts.components import *  # isort: skip - what the installation is made of
from config.settings.parts.queue import *  # isort: skip - Celery
from config.settings.parts.administrators import *  # isort: skip - accounts, second factors, sessions
from config.settings.parts.faces import *  # isort: skip - the face network
from config.settings.parts.logs import *  # isort: skip - what is logged
