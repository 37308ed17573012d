"""Client certificates that a trusted proxy passes on (RFC 8705, header of RFC 9440)."""

import base64
import binascii

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from django.conf import settings
from django.http import HttpRequest

from authsvc.core.ids import b64u

HEADER = "Client-Cert"
CHAIN = "Client-Cert-Chain"
_LONGEST = 10
_UNIX = "unix"


def certificate_of(request: HttpRequest) -> x509.Certificate | None:
    """Return the certificate that the caller proved to the proxy, or None.

    The header counts only on a connection from an address that VISOR_TRUSTED_PROXIES names, or at a socket of
    this machine's files where it names `unix`: anybody else could write it.
    """
    value = _said(request, HEADER)
    return _read(value) if value else None


def chain_of(request: HttpRequest) -> list[x509.Certificate]:
    """Return what the caller sent between its certificate and an authority, where the proxy passes it on.

    What cannot be read is left out, and the chain broken without it (RFC 9440 section 2.3).
    """
    values = _said(request, CHAIN).split(",")[:_LONGEST]
    return [found for found in map(_read, values) if found is not None]


def _said(request: HttpRequest, header: str) -> str:
    # Whoever comes by a socket of this machine's files has no address; the socket's mode says who may.
    trusted = (request.META.get("REMOTE_ADDR") or _UNIX) in settings.TRUSTED_PROXIES
    return request.headers.get(header, "") if trusted else ""


def _read(value: str) -> x509.Certificate | None:
    try:
        return x509.load_der_x509_certificate(base64.b64decode(value.strip().strip(":"), validate=True))
    except (binascii.Error, ValueError):
        return None


def thumbprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 thumbprint, base64url (RFC 8705 section 3.1)."""
    return b64u(certificate.fingerprint(hashes.SHA256()))
