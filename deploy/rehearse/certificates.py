"""An authority of the rehearsal's own, and certificates of its servers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """Who signs for the servers; every process trusts nobody else."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def new(cls) -> Self:
        """Return a new one, which is good for a day."""
        key, name = ec.generate_private_key(ec.SECP256R1()), _name("The rehearsal's authority")
        begun = _begun(name, name, key.public_key())
        told = begun.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        return cls(key, told.sign(key, hashes.SHA256()))

    def pem(self) -> str:
        """Return its certificate."""
        return _pem(self.certificate)

    def signed(self, host: str) -> tuple[str, str]:
        """Return a certificate for a host and its key, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        begun = _begun(_name(host), self.certificate.subject, key.public_key())
        named = begun.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        return _pem(named.sign(self.key, hashes.SHA256())), private_pem(key)


def private_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """Return a private key as PEM, unencrypted."""
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def public_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """Return the public half of a key as PEM."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    moment = datetime.now(UTC)
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=moment - _HOUR,
        not_valid_after=moment + _DAY,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
