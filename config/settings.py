"""Django settings, read from the environment; safe by default, and strict in production.

`VISOR_ENVIRONMENT` is `local` (the default: one machine, loopback only, SQLite, an embedded queue),
`test`, or `production`, where `config.checks` refuses to start with anything unsafe.
"""

import base64
import secrets as random_source
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF

from config import env
from config.safety import refuse_unsafe
from config.secrets import SecretsProblem
from config.secrets import generate as generate_secrets
from config.secrets import load as load_secrets

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = env.text("VISOR_ENVIRONMENT", "local")
if ENVIRONMENT not in {"local", "test", "production"}:
    raise env.EnvironmentProblem("VISOR_ENVIRONMENT must be local, test or production")
PRODUCTION = ENVIRONMENT == "production"
DATA_DIR = Path(env.text("VISOR_DATA_DIR", str(BASE_DIR / "var")))
ROLES = env.words("VISOR_ROLES", "" if PRODUCTION else "web,portal,worker")
BASE_URL = env.text("VISOR_BASE_URL", None if PRODUCTION else "http://localhost:8000").rstrip("/")
SIMULATOR_ENABLED = env.flag("VISOR_SIMULATOR", default=not PRODUCTION)
PHOTOS_DIR = Path(env.text("VISOR_PHOTOS", str(BASE_DIR / "build" / "photos")))
# Which network describes faces: dlib_onnx, dlib, or onnx for one of your own (docs/engines.md).
FACE_ENGINE = env.text("VISOR_FACE_ENGINE", "dlib_onnx")
FACE_MODEL = {
    "path": env.text("VISOR_FACE_MODEL", ""),
    "sha256": env.text("VISOR_FACE_MODEL_SHA256", "").lower(),
    "crop": env.text("VISOR_FACE_MODEL_CROP", "arcface"),
    "layout": env.text("VISOR_FACE_MODEL_LAYOUT", "nchw"),
    "colours": env.text("VISOR_FACE_MODEL_COLOURS", "rgb"),
    "mean": env.text("VISOR_FACE_MODEL_MEAN", "127.5"),
    "divisor": env.text("VISOR_FACE_MODEL_DIVISOR", "127.5"),
}
# Plain forms in place of the capture page, for developers of relying parties; in sandbox tenants only.
SANDBOX_AUTHENTICATOR_ENABLED = env.flag("VISOR_SANDBOX_AUTHENTICATOR", default=not PRODUCTION)
# Addresses of proxies whose Client-Cert header (RFC 9440) is believed.
TRUSTED_PROXIES = env.words("VISOR_TRUSTED_PROXIES")
# Partners under development keep their key sets and logout endpoints on the same machine.
ALLOW_LOOPBACK_FETCH = not PRODUCTION
DEBUG = False

# --- secrets: each role sees its own section only -------------------------------------------------
SECRETS_FILE = Path(env.text("VISOR_SECRETS_FILE", str(DATA_DIR / "secrets.json")))


def _secrets() -> dict[str, Any]:
    if ENVIRONMENT == "test" and not SECRETS_FILE.exists():
        fresh = generate_secrets()
        return {name: value for section in ("public", *ROLES) for name, value in fresh[section].items()}
    try:
        return load_secrets(SECRETS_FILE, ROLES)
    except SecretsProblem:
        if PRODUCTION:
            raise
        # `generate_secrets` itself, and commands that need none, run before the file exists.
        return {}


_loaded = _secrets()
SECRET_KEY = _loaded.pop("django_secret_key", None) or random_source.token_urlsafe(48)
SECRETS = {name: base64.b64decode(value) for name, value in _loaded.items()}

# --- hosts and transport ----------------------------------------------------------------------------
_origin = urlsplit(BASE_URL)
ALLOWED_HOSTS = env.words("VISOR_ALLOWED_HOSTS", _origin.hostname or "")
if not PRODUCTION:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1"]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
_https = _origin.scheme == "https"
SECURE_SSL_REDIRECT = PRODUCTION and env.flag("VISOR_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = 63072000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("VISOR_BEHIND_PROXY") else None
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_NAME = "__Host-visor_portal" if _https else "visor_portal"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 24 * 3600
CSRF_COOKIE_NAME = "__Host-visor_csrf" if _https else "visor_csrf"
CSRF_COOKIE_HTTPONLY = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# --- applications -------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "authsvc.tenancy",
    "authsvc.audit",
    "authsvc.keys",
    "authsvc.subjects",
    "authsvc.devices",
    "authsvc.clients",
    "authsvc.privacy",
    "authsvc.vault",
    "authsvc.policy",
    "authsvc.transactions",
    "authsvc.biometrics",
    "authsvc.capture",
    "authsvc.enrolment",
    "authsvc.oidc",
    "authsvc.management",
    "devtools.laboratory",
    "authsvc.evaluation",
    "authsvc.tenancy.memberships",
    "portal.accounts",
    "portal.ui",
    "config",
    "devtools.phone",
    "devtools.demo",
    "devtools.conformance",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "authsvc.oidc.discovery.documents.PublicDocuments",
    "authsvc.oidc.programs.ProgramEndpoints",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.accounts.limits.SessionLimits",
    "authsvc.tenancy.middleware.TenantMiddleware",
    "portal.accounts.gate.PortalGate",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
FORM_RENDERER = "portal.ui.forms.FormRenderer"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- storage --------------------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(
        env.text("VISOR_DATABASE_URL", None if PRODUCTION else f"sqlite:///{DATA_DIR / 'visor.sqlite3'}"),
        # Asking before each request whether the connection lives would cost every request a statement; after
        # an outage the first request on a dead one is answered 503, and the next has a new connection.
        conn_max_age=600,
    )
}
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    DATABASES["default"]["OPTIONS"] = {
        # Parameters travel beside the statement: a sample of a megabyte as bytes, not as two of text in it.
        "server_side_binding": True,
        # What a connection has said five times is planned there once and for all (docs/adr/0130).
        "prepare_threshold": 5,
        # What the address says goes before, `sslmode` and its like above all.
        **DATABASES["default"].get("OPTIONS", {}),
    }
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Writers queue up instead of failing, and readers are never blocked.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;",
    }
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- the queue: JSON only, ids only, no results (S9.4-07) --------------------------------------------
CELERY_BROKER_URL = env.text("VISOR_BROKER_URL", None if PRODUCTION else "embedded://localhost")
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"visibility_timeout": 60}
QUEUE_DIR = DATA_DIR / "queue"
if CELERY_BROKER_URL.startswith("embedded"):
    # Messages are files in one folder, looked at fifty times a second.
    CELERY_BROKER_TRANSPORT = "authsvc.core.embedded_queue:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(QUEUE_DIR / "messages"),
        "data_folder_out": str(QUEUE_DIR / "messages"),
        "control_folder": str(QUEUE_DIR / "control"),
        "polling_interval": 0.02,
    }
    for _folder in ("messages", "control"):
        (QUEUE_DIR / _folder).mkdir(parents=True, exist_ok=True)
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")

# --- the interfaces for programs: plain JSON; each endpoint says itself who may call it ------------------
REST_FRAMEWORK = {"UNAUTHENTICATED_USER": None, "UNICODE_JSON": True}

# --- people ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
# Outside production the files are served from where they are written.
STATIC_ROOT = BASE_DIR / "build" / "collected" if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static", BASE_DIR / "build" / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = False
EMAIL_BACKEND = env.text("VISOR_EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")

# --- administrators (django-allauth) ------------------------------------------------------------------
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/portal/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "portal.accounts.adapter.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
MFA_ADAPTER = "portal.accounts.adapter.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
PORTAL_SESSION_IDLE = timedelta(hours=1)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.text("VISOR_LOG_LEVEL", "INFO")},
    "loggers": {"django.request": {"level": "ERROR"}, "fontTools": {"level": "WARNING"}},
}

if PRODUCTION:
    refuse_unsafe(globals())
