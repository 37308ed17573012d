"""What is logged, and how."""

from config.settings.given import given

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "class": "config.loglines.Line",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": given.log_level},
    "loggers": {
        "django.request": {"level": "ERROR"},
        # Django gives its development server a handler of its own.
        "django.server": {"handlers": [], "propagate": True},
        "fontTools": {"level": "WARNING"},
    },
}
