"""The relying parties of the conformance tenant, and what a file of the suite says of each.

Each renewal gives a party a fresh secret, key or certificate; the private half stands in the file only.
"""

import secrets
from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

from authsvc.clients.models import RelyingParty
from authsvc.clients.services import add_secret, change, live_secrets, register, revoke_secret
from authsvc.core.clock import now

ALIAS = "visor"
ACTOR = "conformance set-up"
SCOPE = "openid profile email offline_access"
Method = RelyingParty.Authentication
_CERTIFICATE_LIFE = timedelta(days=90)


@dataclass(frozen=True)
class Place:
    """Where in the suite a file's plans run: no two files share an alias.

    Two plans with one alias end each other, and what is sent to one late arrives at the other.
    """

    suite: str
    file: str

    @property
    def alias(self) -> str:
        """The alias, which stands in the suite's addresses."""
        return f"{ALIAS}-{self.file}"

    @property
    def base(self) -> str:
        """The start of the addresses at which the suite is called."""
        return f"{self.suite}/test/a/{self.alias}/"


def with_secret(place: Place, name: str, **fields: Any) -> dict[str, Any]:
    """Register or renew a party with a secret, and return the file's words for it."""
    party = _party(place, name, **fields)
    for old in live_secrets(party):
        revoke_secret(secret=old, actor=ACTOR)
    return {"client_id": party.client_id, "client_secret": add_secret(party=party, actor=ACTOR)[1]}


@dataclass(frozen=True)
class KeyedParty:
    """What a file says of a party with a key: as a client, and its certificate for mutual TLS."""

    client: dict[str, Any]
    certificate: dict[str, str]


def with_key(place: Place, name: str, **fields: Any) -> KeyedParty:
    """Register or renew a party with an ES256 key and a self-signed certificate of the same key."""
    key = ECKey.generate_key("P-256", {"kid": secrets.token_hex(8), "use": "sig", "alg": "ES256"})
    certificate = _certificate(key, name)
    der = certificate.public_bytes(serialization.Encoding.DER)
    public = {**key.as_dict(private=False), "x5c": [b64encode(der).decode()]}
    party = _party(place, name, jwks={"keys": [public]}, **fields)
    client = {
        "client_id": party.client_id,
        "scope": SCOPE,
        "jwks": {"keys": [key.as_dict(private=True)]},
        "dpop_signing_alg": "ES256",
    }
    return KeyedParty(client, {"cert": _pem(certificate), "key": key.as_pem(private=True).decode()})


def _certificate(key: ECKey, name: str) -> x509.Certificate:
    moment = now()
    subject = x509.Name.from_rfc4514_string(f"CN=conformance-{name}")
    private = key.private_key
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    builder = x509.CertificateBuilder(subject, subject, private.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(moment).not_valid_after(moment + _CERTIFICATE_LIFE)
    return builder.sign(private, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _party(place: Place, name: str, **fields: Any) -> RelyingParty:
    metadata = {
        "name": f"Conformance suite, {name}",
        # The FAPI plans send the second client back with a query that has to stay as it is.
        "redirect_uris": [f"{place.base}callback", f"{place.base}callback?dummy1=lorem&dummy2=ipsum"],
        "post_logout_redirect_uris": [f"{place.base}post_logout_redirect"],
        # Only those that a logout plan is about: a notice that is tried again would reach a later plan.
        "backchannel_logout_uri": "",
        "scopes": ["openid", "profile", "email", "address", "phone", "offline_access"],
        "offline_access": True,
        **fields,
    }
    known = RelyingParty.objects.filter(client_id=f"conformance-{name}").first()
    if known is not None:
        return change(party=known, actor=ACTOR, **metadata)
    return register(actor=ACTOR, client_id=f"conformance-{name}", **metadata)[0]
