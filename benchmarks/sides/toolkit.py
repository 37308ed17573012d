"""A minimal OpenID provider of django-oauth-toolkit; runs in its own environment (build/bench-venv).

`python -m benchmarks.sides.toolkit` makes tables, a person who is signed in and a client, and prints them.
"""

import json
import os
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.urls import include, path

_database = urlsplit(os.environ["BENCH_DATABASE_URL"])
settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.environ["BENCH_KEY"],
    USE_TZ=True,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "oauth2_provider",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": _database.hostname,
            "PORT": _database.port,
            "USER": _database.username,
            "NAME": _database.path.lstrip("/"),
            "CONN_MAX_AGE": 600,
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    LOGGING_CONFIG=None,
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": os.environ["BENCH_RSA_KEY"],
        "SCOPES": {"openid": "", "offline_access": "", "introspection": ""},
        "OIDC_ISS_ENDPOINT": os.environ["BENCH_BASE_URL"] + "/o",
    },
)
django.setup()
urlpatterns = [path("o/", include("oauth2_provider.urls", namespace="oauth2_provider"))]


def prepare() -> None:
    """Make what the load needs, and print it as JSON."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command
    from oauth2_provider.models import Application

    call_command("migrate", verbosity=0)
    user = User.objects.create_user("person")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    secret = os.urandom(24).hex()
    Application.objects.create(
        client_id="bench",
        client_secret=secret,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=os.environ["BENCH_REDIRECT_URI"],
        skip_authorization=True,
        algorithm="RS256",
        hash_client_secret=False,
    )
    print(json.dumps({"cookie": f"sessionid={session.session_key}", "clients": {"RS256": ["bench", secret]}}))


if __name__ == "__main__":
    prepare()
else:
    from django.core.wsgi import get_wsgi_application

    from benchmarks.sides.counting import counted

    application = counted(get_wsgi_application())
