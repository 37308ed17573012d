"""Templates, languages, files of pages."""

from pathlib import Path

from config import roles
from config.languages import compile_catalogues, languages
from config.settings.given import given
from config.variables import ROOT

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": roles.context_processors(given.roles)},
    }
]

USE_I18N = True
LANGUAGE_CODE = "en"
LOCALE_PATHS = [ROOT / "locale"]
compile_catalogues(ROOT / "locale")
LANGUAGES = languages(ROOT / "locale")
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT: Path | None = given.static_root
STATICFILES_DIRS = [ROOT / "static", ROOT / "build" / "static"]
WHITENOISE_USE_FINDERS = False
WHITENOISE_AUTOREFRESH = False
# Their names change with what is in them, so that a browser keeps them for good.
WHITENOISE_IMMUTABLE_FILE_TEST = r"/static/vendor/comparing/[a-z]+-[0-9a-f]{12}\."
