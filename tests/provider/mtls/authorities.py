"""Authorities and client certificates as tests need them, good ones and bad ones."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from authsvc.core.clock import now

NAME = "CN=partner.example,O=Partner\\, Ltd,C=AT"


def der(made: x509.Certificate) -> str:
    """A certificate as settings and headers have it."""
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


def header(made: x509.Certificate, *between: x509.Certificate) -> dict[str, str]:
    """RFC 9440's headers, as a proxy sets them."""
    chain = ", ".join(f":{der(each)}:" for each in between)
    return {"Client-Cert": f":{der(made)}:", **({"Client-Cert-Chain": chain} if chain else {})}


@dataclass
class Authority:
    """Somebody who signs certificates."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def issue(self, name: str = NAME, **how: Any) -> x509.Certificate:
        """Return a client certificate of a new key."""
        return self._sign(name, ec.generate_private_key(ec.SECP256R1()), **how)

    def below(self, name: str = "CN=Below", **how: Any) -> "Authority":
        """Return an authority that this one signed."""
        key = ec.generate_private_key(ec.SECP256R1())
        return Authority(self._sign(name, key, **{"ca": True, **how}), key)

    def _sign(self, name: str, key: ec.EllipticCurvePrivateKey, **how: Any) -> x509.Certificate:
        return build(name, key, issuer=self.certificate.subject, signer=self.key, **how)


def authority(name: str = "CN=Authority", **how: Any) -> Authority:
    """Return an authority that nobody signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Authority(build(name, key, **{"ca": True, **how}), key)


def certificate(name: str = NAME) -> x509.Certificate:
    """Return a self-signed certificate."""
    return build(name, ec.generate_private_key(ec.SECP256R1()))


def build(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    *,
    issuer: x509.Name | None = None,
    signer: ec.EllipticCurvePrivateKey | None = None,
    begins: datetime | None = None,
    ends: datetime | None = None,
    ca: bool = False,
    depth: int | None = None,
    names: Sequence[x509.GeneralName] = (),
    purpose: x509.ObjectIdentifier | None = ExtendedKeyUsageOID.CLIENT_AUTH,
) -> x509.Certificate:
    """Return a certificate; without an issuer it is self-signed."""
    subject, moment = x509.Name.from_rfc4514_string(name), now()
    number = x509.random_serial_number()
    builder = x509.CertificateBuilder(issuer or subject, subject, key.public_key(), number)
    builder = builder.not_valid_before(begins or moment - timedelta(hours=1))
    builder = builder.not_valid_after(ends or moment + timedelta(days=1))
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=depth), critical=True)
    elif purpose is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer or key, hashes.SHA256())
