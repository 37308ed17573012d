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
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT: Path | None = ROOT / "build" / "collected"
STATICFILES_DIRS = [ROOT / "static", ROOT / "build" / "static"]
WHITENOISE_USE_FINDERS = False
WHITENOISE_AUTOREFRESH = False
