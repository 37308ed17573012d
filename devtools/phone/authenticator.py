"""A software WebAuthn authenticator with user verification, discoverable credentials and PRF.

It gives the JSON forms that a browser's `PublicKeyCredential.toJSON()` gives (WebAuthn Level 3, section 5.1).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

AAGUID: Final = uuid.uuid5(uuid.NAMESPACE_URL, "visor software phone")
"""The model that credentials of this authenticator name, so that a server can refuse them by policy."""

Json = dict[str, Any]


class AuthenticatorError(Exception):
    """The authenticator cannot answer: no credential for the relying party, or no algorithm in common."""


@dataclass(slots=True)
class Credential:
    """One discoverable credential: an ES256 key, its PRF secret (32 bytes), and its signature counter.

    `bundles` is what the phone keeps beside it of each reference, by the reference's name; the newest last.
    `receiver` is the key by which the phone is sent what it compares itself, where it does.
    """

    id: bytes
    rp_id: str
    user_handle: bytes
    user_name: str
    private_key: ec.EllipticCurvePrivateKey
    prf_secret: bytes
    counter: int = 0
    bundles: dict[str, list[bytes]] = field(default_factory=dict)
    receiver: ec.EllipticCurvePrivateKey | None = None

    @classmethod
    def generate(cls, *, rp_id: str, user_handle: bytes, user_name: str) -> Credential:
        """Return a new credential with a random id of 32 bytes."""
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(os.urandom(32), rp_id, user_handle, user_name, key, os.urandom(32))

    def sign(self, message: bytes) -> bytes:
        """Return the DER-encoded ES256 signature over `message`."""
        return self.private_key.sign(message, ec.ECDSA(hashes.SHA256()))

    def prf(self, first: bytes) -> bytes:
        """Return the 32-byte PRF result for one input (WebAuthn Level 3, section 10.1.4)."""
        salt = hashlib.sha256(b"WebAuthn PRF\x00" + first).digest()
        return hmac.new(self.prf_secret, salt, hashlib.sha256).digest()

    def to_json(self) -> Json:
        """Return the credential, private key included, as JSON-ready values."""
        return {
            "id": websafe_encode(self.id),
            "rp_id": self.rp_id,
            "user_handle": websafe_encode(self.user_handle),
            "user_name": self.user_name,
            "private_key": _pem(self.private_key),
            "prf_secret": websafe_encode(self.prf_secret),
            "counter": self.counter,
            "bundles": {name: [websafe_encode(each) for each in kept] for name, kept in self.bundles.items()},
            "receiver": _pem(self.receiver) if self.receiver else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Credential:
        """Return the credential that `to_json` wrote; raises KeyError, TypeError or ValueError."""
        receiver = data.get("receiver")
        return cls(
            websafe_decode(data["id"]),
            data["rp_id"],
            websafe_decode(data["user_handle"]),
            data["user_name"],
            _key(data["private_key"]),
            websafe_decode(data["prf_secret"]),
            int(data["counter"]),
            {name: [websafe_decode(each) for each in kept] for name, kept in data.get("bundles", {}).items()},
            _key(receiver) if receiver else None,
        )


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _key(pem: str) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("not an elliptic-curve key")
    return key


@dataclass(frozen=True, slots=True)
class Answer:
    """What one ceremony gives: the credential as JSON, its id, and the PRF result kept apart."""

    credential: Json
    credential_id: bytes
    prf: bytes | None


@dataclass(slots=True)
class Authenticator:
    """A platform authenticator; `backup_eligible` and `backup_state` set the BE and BS flags it reports.

    `aaguid` is the model that new credentials name.
    """

    credentials: list[Credential] = field(default_factory=list)
    backup_eligible: bool = False
    backup_state: bool = False
    attestation: Literal["none", "packed"] = "none"
    supports_prf: bool = True
    aaguid: uuid.UUID = AAGUID

    def create(self, options: Mapping[str, Any], origin: str) -> Answer:
        """Make a credential for PublicKeyCredentialCreationOptionsJSON and return RegistrationResponseJSON.

        Raises AuthenticatorError where ES256 is not among the allowed algorithms.
        """
        if ES256.ALGORITHM not in [entry["alg"] for entry in options["pubKeyCredParams"]]:
            raise AuthenticatorError("the relying party does not take ES256")
        user = options["user"]
        credential = Credential.generate(
            rp_id=options["rp"]["id"], user_handle=websafe_decode(user["id"]), user_name=user["name"]
        )
        self.credentials.append(credential)
        client_data = CollectedClientData.create("webauthn.create", options["challenge"], origin)
        response = self._attest(credential, client_data)
        first = _prf_input(options) if self.supports_prf else None
        extensions = {"prf": {"enabled": True}} if first is not None else {}
        return self._answer(credential, response, extensions, first)

    def get(self, options: Mapping[str, Any], origin: str) -> Answer:
        """Sign PublicKeyCredentialRequestOptionsJSON with the newest fitting credential.

        Raises AuthenticatorError where none fits the relying party and its allow list.
        """
        credential = self._find(options)
        credential.counter += 1
        client_data = CollectedClientData.create("webauthn.get", options["challenge"], origin)
        data = AuthenticatorData.create(_rp_id_hash(credential), self._flags(), credential.counter)
        response = {
            "clientDataJSON": websafe_encode(client_data),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(credential.sign(data + client_data.hash)),
            "userHandle": websafe_encode(credential.user_handle),
        }
        return self._answer(credential, response, {}, _prf_input(options) if self.supports_prf else None)

    def save(self, path: Path) -> None:
        """Write the state, secrets included, to a file that only its owner reads."""
        state = {
            "backup_eligible": self.backup_eligible,
            "backup_state": self.backup_state,
            "attestation": self.attestation,
            "supports_prf": self.supports_prf,
            "credentials": [credential.to_json() for credential in self.credentials],
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(state, file, indent=2)

    @classmethod
    def load(cls, path: Path) -> Authenticator:
        """Return the authenticator that `save` wrote; raises FileNotFoundError, KeyError or ValueError."""
        state = json.loads(path.read_text(encoding="utf-8"))
        credentials = [Credential.from_json(entry) for entry in state.pop("credentials")]
        return cls(credentials=credentials, **state)

    def _find(self, options: Mapping[str, Any]) -> Credential:
        allowed = {entry["id"] for entry in options.get("allowCredentials") or []}
        for credential in reversed(self.credentials):
            listed = not allowed or websafe_encode(credential.id) in allowed
            if credential.rp_id == options["rpId"] and listed:
                return credential
        raise AuthenticatorError(f"no passkey for {options['rpId']}")

    def _flags(self) -> AuthenticatorData.FLAG:
        flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV
        if self.backup_eligible:
            flags |= AuthenticatorData.FLAG.BE
        if self.backup_state:
            flags |= AuthenticatorData.FLAG.BS
        return flags

    def _attest(self, credential: Credential, client_data: CollectedClientData) -> Json:
        public_key = ES256.from_cryptography_key(  # type: ignore[no-untyped-call]
            credential.private_key.public_key()
        )
        attested = AttestedCredentialData.create(self.aaguid.bytes, credential.id, public_key)
        flags = self._flags() | AuthenticatorData.FLAG.AT
        data = AuthenticatorData.create(_rp_id_hash(credential), flags, 0, attested)
        statement: Json = {}
        if self.attestation == "packed":
            statement = {"alg": ES256.ALGORITHM, "sig": credential.sign(data + client_data.hash)}
        spki = credential.private_key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return {
            "clientDataJSON": websafe_encode(client_data),
            "attestationObject": websafe_encode(AttestationObject.create(self.attestation, data, statement)),
            "authenticatorData": websafe_encode(data),
            "transports": ["internal"],
            "publicKey": websafe_encode(spki),
            "publicKeyAlgorithm": ES256.ALGORITHM,
        }

    def _answer(
        self, credential: Credential, response: Json, extensions: Json, first: bytes | None
    ) -> Answer:
        return Answer(
            {
                "id": websafe_encode(credential.id),
                "rawId": websafe_encode(credential.id),
                "type": "public-key",
                "authenticatorAttachment": "platform",
                "response": response,
                "clientExtensionResults": extensions,
            },
            credential.id,
            None if first is None else credential.prf(first),
        )


def _rp_id_hash(credential: Credential) -> bytes:
    return hashlib.sha256(credential.rp_id.encode()).digest()


def _prf_input(options: Mapping[str, Any]) -> bytes | None:
    evaluate = options.get("extensions", {}).get("prf", {}).get("eval")
    return websafe_decode(evaluate["first"]) if evaluate else None
