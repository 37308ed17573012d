"""Client certificates that a trusted proxy passes on (RFC 8705, header of RFC 9440)."""

import base64
import binascii

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from django.conf import settings
from django.http import HttpRequest

from authsvc.core.ids import b64u

HEADER = "Client-Cert"


def certificate_of(request: HttpRequest) -> x509.Certificate | None:
    """Return the certificate that the caller proved to the proxy, or None.

    The header counts only on a connection from an address that VISOR_TRUSTED_PROXIES names: anybody
    else could write it.
    """
    value = request.headers.get(HEADER, "")
    if not value or request.META.get("REMOTE_ADDR") not in settings.TRUSTED_PROXIES:
        return None
    try:
        return x509.load_der_x509_certificate(base64.b64decode(value.strip(":"), validate=True))
    except (binascii.Error, ValueError):
        return None


def thumbprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 thumbprint, base64url (RFC 8705 section 3.1)."""
    return b64u(certificate.fingerprint(hashes.SHA256()))
