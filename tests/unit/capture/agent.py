"""An authentication agent over Django's test client, with a software authenticator."""

import os
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db.models import F
from django.test import Client
from joserfc.jwk import ECKey

from authsvc.capture.browser import cookie_name
from authsvc.capture.builds import scripts_served
from authsvc.core.ids import new_secret
from authsvc.devices.models import Device
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.transactions import services
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.records import EnrolmentRequest
from devtools.phone import comparing, sealing
from devtools.phone.authenticator import Authenticator
from tests.factories import make_consent, make_subject

JSON = "application/json"


def session_key() -> dict[str, str]:
    pair = ECKey.generate_key("P-256").as_dict(private=False)
    return {name: str(pair[name]) for name in ("kty", "crv", "x", "y")}


class Agent:
    """One browser at one tenant; `authenticator` may be changed or replaced by a test.

    With a `receiver`, the key by which it is sent references, it is a program that the test root vouches for.
    """

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.client = Client()
        self.key = new_secret()
        self.session_key = session_key()
        self.authenticator = Authenticator()
        self.type = "simulator"
        self.scripts: dict[str, str] = {}
        self.receiver: ec.EllipticCurvePrivateKey | None = None
        self.origin = settings.BASE_URL

    def open(self, kind: str = Transaction.Kind.AUTHENTICATE, **fields: Any) -> Transaction:
        defaults: dict[str, Any] = {"kind": kind, "browser_key": self.key, "continue_path": "/done/{id}"}
        if kind == Transaction.Kind.ENROL:
            defaults["request"] = EnrolmentRequest(link="", face=True)
        row = services.open_transaction(**{**defaults, **fields})
        self.holds(row, self.key)
        return row

    def holds(self, row: Transaction, key: str) -> None:
        """Put the key of a transaction among this browser's cookies."""
        self.client.cookies[cookie_name(row.id)] = key

    def url(self, row: Transaction, path: str) -> str:
        return f"/t/{self.tenant.slug}/agent/{row.id}/{path}"

    def get(self, row: Transaction, path: str = "") -> Any:
        return self.client.get(self.url(row, path))

    def post(self, row: Transaction, path: str, body: Any = None, **headers: str) -> Any:
        sent = {"origin": self.origin, **headers}
        return self.client.post(
            self.url(row, path), {} if body is None else body, content_type=JSON, headers=sent
        )

    def upload(
        self,
        row: Transaction,
        body: bytes = b"sealed",
        content_type: str = "application/jose",
        *,
        early: bool = False,
    ) -> Any:
        """Send a sample, as if the cues had been followed since then; `early` sends it at once."""
        if not early:
            before = F("issued_at") - timedelta(seconds=10)
            row.captures.filter(state=Capture.State.ISSUED).update(issued_at=before)
        return self.client.post(
            self.url(row, "sample"), body, content_type=content_type, headers={"origin": self.origin}
        )

    def options(self, row: Transaction) -> dict[str, Any]:
        answer = self.post(row, "passkey/options", {"session_key": self.session_key, **self._receives(row)})
        assert answer.status_code == 200, answer.content
        return answer.json()["publicKey"]

    def _receives(self, row: Transaction) -> dict[str, Any]:
        if self.receiver is None or row.kind not in {Transaction.Kind.ENROL, Transaction.Kind.BIND}:
            return {}
        row.refresh_from_db()
        proves = row.kind == Transaction.Kind.BIND and row.device_id is None
        return {} if proves else {"receiving_key": sealing.public_jwk(self.receiver)}

    def answer(self, options: dict[str, Any], origin: str = "") -> dict[str, Any]:
        origin = origin or self.origin
        make = self.authenticator.create if "pubKeyCredParams" in options else self.authenticator.get
        return make(options, origin).credential

    def passkey(self, row: Transaction, credential: dict[str, Any] | None = None) -> Any:
        credential = self.answer(self.options(row)) if credential is None else credential
        return self.post(row, "passkey", {"credential": credential, "agent": self.described(row)})

    def described(self, row: Transaction | None = None) -> dict[str, Any]:
        """Return what this agent says of itself; a browser measures the page's own scripts."""
        if self.type == "simulator":
            return {"type": self.type, "build": "1", **self._attested(row)}
        return {"type": self.type, "build": "", "scripts": self.scripts or scripts_served()}

    def _attested(self, row: Transaction | None) -> dict[str, Any]:
        if row is None or self.receiver is None:
            return {}
        keys = (self.session_key, sealing.public_jwk(self.receiver))
        return {"attestation": comparing.attestation(row.pk, *keys)}

    def enrolled(self, **fields: Any) -> Subject:
        """Make a person whose passkey is in this agent's authenticator."""
        subject = make_subject(**fields)
        make_consent(subject)
        row = self.open(Transaction.Kind.ENROL, subject=subject)
        assert self.passkey(row).status_code == 200
        subject.devices.update(status=Device.Status.ACTIVE)
        return subject

    def proven(self) -> Transaction:
        row = self.open()
        assert self.passkey(row).status_code == 200
        return row


def random_body(size: int) -> bytes:
    return os.urandom(size)
