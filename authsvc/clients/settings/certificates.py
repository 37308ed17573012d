"""Which client certificates count: of which authorities, and whose (RFC 8705 section 2.1.2)."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from authsvc.clients.kinds import CERTIFICATES, TEXT
from authsvc.clients.setting import Setting
from authsvc.clients.settings.groups import PROOF

AUTHORITIES: Final = Setting(
    "tls_client_auth_ca_certificates",
    CERTIFICATES,
    wire=True,
    group=PROOF,
    label=_("Authorities of the client certificate"),
    help=_("PEM, one or more. A certificate that none of them has signed is refused."),
    length=60_000,
)
SAN_DNS: Final = Setting("tls_client_auth_san_dns", TEXT, wire=True)
SAN_URI: Final = Setting("tls_client_auth_san_uri", TEXT, wire=True)
SAN_IP: Final = Setting("tls_client_auth_san_ip", TEXT, wire=True)
SAN_EMAIL: Final = Setting("tls_client_auth_san_email", TEXT, wire=True)

SETTINGS = (AUTHORITIES, SAN_DNS, SAN_URI, SAN_IP, SAN_EMAIL)
