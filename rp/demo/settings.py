"""Django settings of the partner site; nothing here is shared with the server."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from rp.client.discovery import discovered, is_safe_address
from rp.demo import environment

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = environment.data_dir()
BASE_URL = os.environ.get("PARTNER_BASE_URL", "http://127.0.0.1:8001").rstrip("/")
if not is_safe_address(BASE_URL):
    raise ImproperlyConfigured("PARTNER_BASE_URL must be https, or http on this machine")
HTTPS = BASE_URL.startswith("https:")
DEBUG = False
SECRET_KEY = environment.secret_key(DATA_DIR)
ALLOWED_HOSTS = [urlsplit(BASE_URL).hostname or ""]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "csp",
    "rp.client.apps.ClientConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "rp.client.middleware.RefusalPage",
]
ROOT_URLCONF = "rp.demo.urls"
WSGI_APPLICATION = "rp.demo.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates" / "rp"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ],
        },
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "partner.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False

STATIC_URL = "/static/"
STATICFILES_DIRS = [("rp", BASE_DIR / "static" / "rp")]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
WHITENOISE_USE_FINDERS = True

# --- sign-in -------------------------------------------------------------------------------------------
_registration = environment.registration(DATA_DIR)
AUTHENTICATION_BACKENDS = ["rp.client.backend.AssuranceBackend"]
OIDC_OP_ISSUER = _registration.issuer
OIDC_OP_AUTHORIZATION_ENDPOINT = discovered("authorization_endpoint")
OIDC_OP_TOKEN_ENDPOINT = discovered("token_endpoint")
OIDC_OP_USER_ENDPOINT = discovered("userinfo_endpoint")
OIDC_RP_CLIENT_ID = _registration.client_id
OIDC_RP_CLIENT_SECRET = _registration.client_secret
OIDC_RP_SCOPES = "openid profile email"
OIDC_USE_PKCE = True
OIDC_PKCE_CODE_CHALLENGE_METHOD = "S256"
OIDC_TOKEN_USE_BASIC_AUTH = True
OIDC_TIMEOUT = 10
OIDC_DEFAULT_ACR = "urn:visor:L2"
OIDC_POST_LOGOUT_REDIRECT_URI = f"{BASE_URL}/"
LOGIN_REDIRECT_URL = "/members"
LOGOUT_REDIRECT_URL = "/"

# --- liveness, for who is not signed in; without a registration there is no such page
LIVENESS = environment.liveness(DATA_DIR)

# --- sessions and headers ----------------------------------------------------------------------------------
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-harbour" if HTTPS else "harbour"
SESSION_COOKIE_AGE = 30 * 60
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_SAVE_EVERY_REQUEST = False
CSRF_COOKIE_NAME = "__Host-harbour-csrf" if HTTPS else "harbour-csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [BASE_URL]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if HTTPS:
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_SSL_REDIRECT = True
    # TLS ends at a proxy in front of this process, which sets the header and drops a visitor's own.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
_issuer = urlsplit(OIDC_OP_ISSUER)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        # Browsers apply this to the redirect after a form too: signing out goes on to the provider.
        "form-action": [SELF, f"{_issuer.scheme}://{_issuer.netloc}"],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
