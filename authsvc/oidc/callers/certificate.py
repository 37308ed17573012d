"""Client certificates that a trusted proxy passes on (RFC 8705, header of RFC 9440)."""

import base64
import binascii

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from django.conf import settings
from django.http import HttpRequest

from authsvc.clients.models import RelyingParty
from authsvc.core.ids import b64u
from authsvc.oidc.callers.refused import not_proven
from authsvc.oidc.proofs.client_keys import certificates_of

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


def check_certificate(client: RelyingParty, request: HttpRequest) -> None:
    """Hold the certificate against what the client registered; raises RequestRefused.

    `tls_client_auth`: the proxy has verified the chain, and the subject is the registered one.
    `self_signed_tls_client_auth`: the very certificate stands in the client's key set as x5c.
    """
    certificate = certificate_of(request)
    if certificate is None:
        raise not_proven(rule="client-certificate", came="none", expected="a client certificate")
    if client.token_endpoint_auth_method == RelyingParty.Authentication.TLS:
        expected = client.tls_client_auth_subject_dn
        if not expected or certificate.subject != x509.Name.from_rfc4514_string(expected):
            came = certificate.subject.rfc4514_string()
            raise not_proven(rule="client-certificate-subject", came=came, expected=expected)
        return
    der = certificate.public_bytes(serialization.Encoding.DER)
    if der not in certificates_of(client):
        raise not_proven(
            rule="client-certificate-known",
            came=thumbprint(certificate),
            expected="a certificate of its key set",
        )
