"""A browser and a relying party in one: they walk the code flow over HTTP, as the tests' shorthand."""

import base64
import hashlib
import html
import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.test import Client as HttpClient
from joserfc import jws
from joserfc.jwk import KeySet

from authsvc.assurance.evidence import Agent, FaceProof, PasskeyProof, Proven
from authsvc.clients.models import RelyingParty
from authsvc.clients.services import register
from authsvc.core.clock import now
from authsvc.devices.models import Device
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.records import Verdict
from authsvc.transactions.verdict import sign_verdict
from tests.factories import make_device, make_subject

CALLBACK = "https://partner.example/callback"


@dataclass
class Partner:
    """A registered relying party and its secret."""

    party: RelyingParty
    secret: str | None

    def basic(self) -> dict[str, str]:
        """The header of client_secret_basic."""
        pair = base64.b64encode(f"{self.party.client_id}:{self.secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}


def make_partner(**fields: Any) -> Partner:
    """Register a relying party with one redirect URI in the tenant in scope."""
    party, secret = register(**{"name": "Partner", "redirect_uris": [CALLBACK], **fields})
    return Partner(party, secret)


def answer_of(response: Any) -> dict[str, str]:
    """The parameters that go to the relying party: by a redirect, or by a form that posts itself."""
    if response.status_code == 200 and b'<form id="answer" method="post"' in response.content:
        return fields_of_form(response.content)
    assert response.status_code in {302, 303}, response.content[:500]
    parts = urlsplit(response["Location"])
    return dict(parse_qsl(parts.query or parts.fragment))


@dataclass
class Browser:
    """One browser at one tenant's provider."""

    tenant: Tenant
    http: HttpClient = field(default_factory=HttpClient)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    mode: str | None = None

    @property
    def root(self) -> str:
        return f"/t/{self.tenant.slug}/"

    def request(self, partner: Partner, **extra: str | None) -> dict[str, str]:
        """A good authentication request, changed by `extra`; None leaves a parameter out."""
        base: dict[str, str | None] = {
            "client_id": partner.party.client_id,
            "response_type": "code",
            "redirect_uri": partner.party.redirect_uris[0],
            "scope": "openid",
            "state": "state-1",
            "nonce": "nonce-1",
            "response_mode": self.mode,
        }
        return {name: value for name, value in {**base, **extra}.items() if value is not None}

    def pkce(self) -> dict[str, str]:
        """PKCE's two parameters for this browser's verifier."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return {"code_challenge": challenge, "code_challenge_method": "S256"}

    def authorize(self, partner: Partner, **extra: str | None) -> Any:
        """Send an authentication request by GET."""
        return self.http.get(f"{self.root}authorize", self.request(partner, **extra))

    def opened(self, response: Any) -> str:
        """The id of the transaction whose capture page the browser was sent to."""
        assert response.status_code == 302, response.content[:500]
        path = urlsplit(response["Location"]).path
        assert path.startswith(f"{self.root}signin/"), response["Location"]
        return path.rstrip("/").rsplit("/", 1)[1]

    def prove(self, txn: str, subject: Subject, *, level: str = "L2", face: FaceProof | None = None) -> None:
        """Stand in for the capture page: the transaction is decided with evidence of the level.

        `face` is what a worker signed of a face; `show_face` makes it.
        """
        device = Device.objects.filter(subject=subject).first() or make_device(subject)
        touched = Transaction.objects.get(pk=txn).evidence.components
        Transaction.objects.filter(pk=txn).update(
            state=Transaction.State.DECIDED,
            subject=subject,
            device=device,
            stored_evidence=Proven(
                PasskeyProof(device.id, "swk", user_verified=level != "L1", attested=False, share_kind=""),
                Agent("browser", "test"),
                face,
                components=touched,
            ).to_json(),
        )

    def show_face(self, txn: str, **changes: Any) -> FaceProof:
        """Stand in for camera and worker: a capture with a signed verdict, and what it says of the face."""
        row, moment = Transaction.objects.get(pk=txn), now()
        capture = Capture.objects.create(
            transaction=row, number=1, challenge={}, issued_at=moment, expires_at=moment, sample_digest="d"
        )
        accepted = {
            "pad": "accepted",
            "iad": "accepted",
            "engine": "engine",
            "record": "record",
            "policy": "p",
        }
        at = {"operating_point": "1e-4", "model": "G", "share_kind": "prf"}
        face = FaceProof(**{"capture": capture.id, **accepted, **at, **changes})
        verdict = Verdict(str(row.tenant_id), txn, capture.id, "d", "accepted", "matched", None, face)
        Capture.objects.filter(pk=capture.pk).update(
            state=Capture.State.ACCEPTED, verdict=sign_verdict(verdict)
        )
        return face

    def resume(self, txn: str) -> Any:
        """Go on as the capture page would."""
        return self.http.get(f"{self.root}authorize/resume/{txn}")

    def sign_in(
        self,
        partner: Partner,
        subject: Subject,
        *,
        level: str = "L2",
        face: Any = False,
        **extra: str | None,
    ) -> dict[str, str]:
        """Authenticate from the start and return the parameters of the answer."""
        txn = self.opened(self.authorize(partner, **extra))
        self.prove(txn, subject, level=level, face=self.show_face(txn) if face else None)
        return answer_of(self.resume(txn))

    def redeem(self, partner: Partner, code: str, **extra: Any) -> Any:
        """Exchange a code with client_secret_basic."""
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": partner.party.redirect_uris[0],
            **{name: value for name, value in extra.items() if value is not None},
        }
        headers = partner.basic() if partner.secret else {}
        return self.http.post(f"{self.root}token", body, headers=headers)

    def tokens(self, partner: Partner, subject: Subject, **extra: Any) -> dict[str, Any]:
        """Sign in and exchange the code; returns the token response."""
        code = self.sign_in(partner, subject, **extra)["code"]
        response = self.redeem(partner, code)
        assert response.status_code == 200, response.content
        return dict(response.json())

    def refresh(self, partner: Partner, refresh_token: str, **extra: str) -> Any:
        """Ask for new tokens with client_secret_basic."""
        body = {"grant_type": "refresh_token", "refresh_token": refresh_token, **extra}
        return self.http.post(f"{self.root}token", body, headers=partner.basic())

    def claims(self, id_token: str) -> dict[str, Any]:
        """The verified claims of an ID token, by the published keys."""
        keys = KeySet.import_key_set(self.http.get(f"{self.root}jwks").json())
        signed = jws.deserialize_compact(id_token, keys, ["RS256", "ES256", "PS256", "EdDSA"])
        return dict(json.loads(signed.payload or b""))

    def userinfo(self, access_token: str) -> Any:
        """Ask for the person's claims."""
        return self.http.get(f"{self.root}userinfo", headers={"Authorization": f"Bearer {access_token}"})


def justified(**changes: str) -> dict[str, str]:
    """All that requiring the face stands on."""
    until = (now() + timedelta(days=100)).date().isoformat()
    recorded = {
        "face_reason": "Payments above 10,000",
        "face_owner": "Head of payments",
        "dpia_reference": "DPIA-2026-07",
        "dpia_until": until,
        "face_alternative": "Approve at any branch, or by phone with your adviser.",
    }
    return {**recorded, **changes}


def make_person(**fields: Any) -> Subject:
    """A person with every standard claim and a passkey."""
    subject = make_subject(**{"name": "Ada Example", "claims": {}, **fields})
    make_device(subject)
    return subject


def fields_of_form(content: bytes) -> dict[str, str]:
    """The hidden fields of a page's form."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', content.decode())
    return {name: html.unescape(value) for name, value in found}
