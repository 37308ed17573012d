"""What local and test share: plain http, files served from where they are written, the developers' tools."""

from config.settings.base import *
from config.settings.given import given

INSTALLED_APPS = [
    "devtools.laboratory",  # first, as its evaluate-pad goes before authsvc.evaluation's
    *INSTALLED_APPS,
    "devtools.phone",
    "devtools.demo",
    "devtools.conformance",
    "devtools.estate",
]

if len(ROLES) > 1:
    MIDDLEWARE = ["devtools.stack.one_role_a_request.OneRoleARequest", *MIDDLEWARE]

# Partners under development keep their key sets and logout endpoints on the same machine.
ALLOW_LOOPBACK_FETCH = True
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "localhost", "127.0.0.1"]
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True

STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True

LOG_ANCHOR = given.log_anchor or DATA_DIR / "checkpoints"
