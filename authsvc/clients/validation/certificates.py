"""tls_client_auth: authorities to trust, and one name to compare (RFC 8705 section 2.1.2)."""

import ipaddress

from cryptography import x509
from django.utils.translation import gettext_lazy as _

from authsvc.clients.certificates import load
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.clients.settings.certificates import AUTHORITIES, SAN_DNS, SAN_EMAIL, SAN_IP, SAN_URI

MOST_AUTHORITIES = 10


def check_certificates(party: RelyingParty, problems: Problems) -> None:
    """What is given can be used; tls_client_auth needs authorities, and exactly one name to compare."""
    if SAN_IP.of(party) and not _is_address(SAN_IP.of(party)):
        problems.add(SAN_IP.name, _("must be an IP address"))
    try:
        authorities = load(AUTHORITIES.of(party))
    except ValueError:
        problems.add(AUTHORITIES.name, _("Not all of them are certificates."))
        return
    if len(authorities) > MOST_AUTHORITIES:
        problems.add(AUTHORITIES.name, _("These are too many; ten are enough."))
    if not all(map(_may_sign, authorities)):
        problems.add(AUTHORITIES.name, _("One of them is not an authority: it may not sign certificates."))
    if party.token_endpoint_auth_method == RelyingParty.Authentication.TLS:
        _require(party, problems)


def _require(party: RelyingParty, problems: Problems) -> None:
    if not AUTHORITIES.of(party):
        text = _("tls_client_auth needs the authorities that sign the client's certificates.")
        problems.add(AUTHORITIES.name, text)
    others = [row.of(party) for row in (SAN_DNS, SAN_URI, SAN_IP, SAN_EMAIL)]
    if sum(map(bool, (party.tls_client_auth_subject_dn, *others))) != 1:
        text = _("tls_client_auth needs the certificate's subject, or one alternative name, and no second.")
        problems.add("tls_client_auth_subject_dn", text)


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _is_address(text: str) -> bool:
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False
