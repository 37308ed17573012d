"""tls_client_auth and self_signed_tls_client_auth (RFC 8705 section 2)."""

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.http import HttpRequest

from authsvc.clients.models import RelyingParty
from authsvc.clients.validation.credentials import RSA_BITS
from authsvc.oidc.callers.chain import check_chain, check_name
from authsvc.oidc.callers.refused import not_proven
from authsvc.oidc.proofs.certificate import certificate_of, chain_of, thumbprint
from authsvc.oidc.proofs.client_keys import certificates_of


def check_certificate(client: RelyingParty, request: HttpRequest) -> None:
    """Hold the certificate against what the client registered; raises RequestRefused.

    `tls_client_auth`: it leads to an authority of the client's, and its name is the registered one.
    `self_signed_tls_client_auth`: the very certificate stands in the client's key set as x5c.
    """
    certificate = certificate_of(request)
    if certificate is None:
        raise not_proven(rule="client-certificate", came="none", expected="a client certificate")
    if _is_weak(certificate):
        expected = f"an RSA key of {RSA_BITS} bits or more"
        raise not_proven(rule="client-certificate-key", came="a shorter RSA key", expected=expected)
    if client.token_endpoint_auth_method == RelyingParty.Authentication.TLS:
        check_name(client, certificate)
        check_chain(client, certificate, chain_of(request))
        return
    der = certificate.public_bytes(serialization.Encoding.DER)
    if der not in certificates_of(client):
        raise not_proven(
            rule="client-certificate-known",
            came=thumbprint(certificate),
            expected="a certificate of its key set",
        )


def _is_weak(certificate: x509.Certificate) -> bool:
    key = certificate.public_key()
    return isinstance(key, RSAPublicKey) and key.key_size < RSA_BITS
