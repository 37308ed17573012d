"""What is logged, and how."""

from config.settings.given import given

# Twice a second something is done; that it was is no news.
_ROUTINE = "DEBUG" if given.log_level == "DEBUG" else "WARNING"
_OFTEN = ("celery.app.trace", "celery.worker.strategy", "celery.beat")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "class": "config.loglines.Line",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        },
        "json": {"()": "config.loglines.JsonLine"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": given.log_format}},
    "root": {"handlers": ["console"], "level": given.log_level},
    "loggers": {
        "django.request": {"level": "ERROR"},
        # Django gives its development server a handler of its own.
        "django.server": {"handlers": [], "propagate": True},
        # So does gunicorn, which starts before these settings are read.
        "gunicorn.error": {"handlers": [], "propagate": True},
        **{name: {"level": _ROUTINE} for name in _OFTEN},
        "fontTools": {"level": "WARNING"},
    },
}
