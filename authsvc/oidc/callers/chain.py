"""tls_client_auth: a chain to an authority of the client's, and its name (RFC 8705 section 2.1).

The chain is verified here, against authorities that are set client by client. A proxy that serves
self-signed certificates too lets any certificate pass, and one authority for all clients of a listener would
let the partner of one write certificates in the name of another.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from authsvc.clients.certificates import load
from authsvc.clients.models import RelyingParty
from authsvc.clients.setting import Setting
from authsvc.clients.settings.certificates import AUTHORITIES, SAN_DNS, SAN_EMAIL, SAN_IP, SAN_URI
from authsvc.core.clock import now
from authsvc.oidc.callers.refused import not_proven
from authsvc.oidc.wire.refusal import RequestRefused

_LONGEST: Final = 3
_ANY: Final = Criticality.AGNOSTIC


def check_chain(
    client: RelyingParty, certificate: x509.Certificate, between: Iterable[x509.Certificate]
) -> None:
    """Verify signatures, times, lengths and purpose up to an authority (RFC 5280 section 6).

    `between` are the certificates that came along with it. Raises RequestRefused.
    """
    authorities = load(AUTHORITIES.of(client))
    if not authorities:
        raise _refused("no authority is set for this client")
    policy = PolicyBuilder().store(Store(authorities)).time(now()).max_chain_depth(_LONGEST)
    policy = policy.extension_policies(ca_policy=_of_authorities(), ee_policy=_of_clients())
    try:
        policy.build_client_verifier().verify(certificate, list(between))
    except (VerificationError, ValueError) as problem:
        raise _refused(str(problem)) from None


def _refused(came: str) -> RequestRefused:
    expected = "a valid chain from a client certificate to an authority of the client's"
    return not_proven(rule="client-certificate-chain", came=came, expected=expected)


def _of_clients() -> ExtensionPolicy:
    # The subject may be all that names a client, and older tools write no key identifiers.
    policy = ExtensionPolicy.webpki_defaults_ee().may_be_present(x509.SubjectAlternativeName, _ANY, None)
    return policy.may_be_present(x509.AuthorityKeyIdentifier, _ANY, None)


def _of_authorities() -> ExtensionPolicy:
    policy = ExtensionPolicy.webpki_defaults_ca().may_be_present(x509.SubjectKeyIdentifier, _ANY, None)
    policy = policy.may_be_present(x509.AuthorityKeyIdentifier, _ANY, None)
    return policy.may_be_present(x509.KeyUsage, _ANY, _may_sign)


def _may_sign(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("it may not sign certificates")


def check_name(client: RelyingParty, certificate: x509.Certificate) -> None:
    """Compare the one name that the client has registered (section 2.1.2); raises RequestRefused."""
    registered = client.tls_client_auth_subject_dn
    if registered:
        same = certificate.subject == x509.Name.from_rfc4514_string(registered)
    else:
        names = _alternatives(certificate)
        same = any(way.fits(client, names) for way in _WAYS)
    if not same:
        came, expected = certificate.subject.rfc4514_string(), registered or "its alternative name"
        raise not_proven(rule="client-certificate-subject", came=came, expected=expected)


@dataclass(frozen=True)
class _Way:
    """A kind of alternative name: the setting that holds the expected one, and how two are compared."""

    setting: Setting
    read: Callable[[x509.SubjectAlternativeName], Iterable[object]]
    same: Callable[[str], str] = str

    def fits(self, client: RelyingParty, names: x509.SubjectAlternativeName) -> bool:
        expected = self.setting.of(client)
        return bool(expected) and self.same(expected) in {self.same(str(name)) for name in self.read(names)}


_WAYS: Final = (
    _Way(SAN_DNS, lambda names: names.get_values_for_type(x509.DNSName), str.lower),
    _Way(SAN_URI, lambda names: names.get_values_for_type(x509.UniformResourceIdentifier)),
    _Way(SAN_IP, lambda names: names.get_values_for_type(x509.IPAddress), lambda text: str(ip_address(text))),
    _Way(SAN_EMAIL, lambda names: names.get_values_for_type(x509.RFC822Name)),
)


def _alternatives(certificate: x509.Certificate) -> x509.SubjectAlternativeName:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return x509.SubjectAlternativeName([])
