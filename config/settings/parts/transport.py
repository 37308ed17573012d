"""Hosts, https, cookies, and the headers that guard pages."""

from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from config.bodies import LONGEST
from config.settings.given import given

_origin = urlsplit(given.base_url)
_https = _origin.scheme == "https"

ALLOWED_HOSTS = given.allowed_hosts or [_origin.hostname or ""]
CSRF_TRUSTED_ORIGINS = [given.base_url]
# How many proxies stand before this server, each of which names its caller (authsvc/core/addresses.py).
PROXY_COUNT = given.proxy_count
# Addresses of proxies whose Client-Cert header (RFC 9440) is believed.
TRUSTED_PROXIES = given.trusted_proxies

SECURE_SSL_REDIRECT = given.ssl_redirect
SECURE_HSTS_SECONDS = 63072000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if given.behind_proxy else None
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
# Set by authsvc/core/opener.py, but for the pages of these namespaces: a relying party may open a sign-in as
# a popup, and hears of its end by way of `window.opener`.
SECURE_CROSS_ORIGIN_OPENER_POLICY = None
KEEP_OPENER = ("oidc", "capture", "enrolment")
X_FRAME_OPTIONS = "DENY"

SESSION_COOKIE_NAME = "__Host-visor_portal" if _https else "visor_portal"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 24 * 3600
CSRF_COOKIE_NAME = "__Host-visor_csrf" if _https else "visor_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"

DATA_UPLOAD_MAX_MEMORY_SIZE = LONGEST
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_HANDLERS = ["config.bodies.NoUploads"]

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
