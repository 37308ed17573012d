"""A partner's page with the camera's page in it, as programs: one holds the named key, the other uploads."""

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F
from django.test import Client
from joserfc import jws
from joserfc.jwk import ECKey

from authsvc.capture.browser import HEADER
from authsvc.core.ids import new_secret
from authsvc.transactions import services
from authsvc.transactions.models import Capture, Transaction
from tests.factories import offer_sample_key
from tests.provider.proofs import KeyHolder
from tests.unit.transactions.flow import face_proof, session_key, verdict_on

FRAMES_END = "Y2hhaW4"
SCOPES = ["openid", "liveness"]


def public(key: ECKey) -> dict[str, str]:
    """Return the public key's four members."""
    members = key.as_dict(private=False)
    return {name: str(members[name]) for name in ("kty", "crv", "x", "y")}


def thumbprint(key: ECKey) -> str:
    """Return the thumbprint of a key's public half (RFC 7638)."""
    return key.thumbprint()


def proven_by(key: ECKey, challenge: str, *, typ: str = "visor-possession+jws", **header: Any) -> str:
    """Return a proof of a key over a challenge."""
    whole = {"alg": "ES256", "typ": typ, "jwk": public(key), **header}
    return jws.serialize_compact(whole, json.dumps({"challenge": challenge}), key, ["ES256"])


@dataclass
class Framed:
    """One session at one partner; `key` is the partner's page's, `secret` what the frame's page holds."""

    holder: KeyHolder
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    session_key: dict[str, str] = field(default_factory=session_key)
    http: Client = field(default_factory=Client)
    id: str = ""
    secret: str = ""

    def asks(self, **changes: str) -> Any:
        """Have the partner's server ask for a session."""
        return self.holder.post("liveness/sessions", {"cnf_jkt": thumbprint(self.key), **changes})

    def opened(self, **changes: str) -> "Framed":
        """Open a session, and the frame's page at its address."""
        offer_sample_key()
        answer = self.asks(**changes)
        assert answer.status_code == 201, answer.content
        self.id, self.secret = answer.json()["id"], urlsplit(answer.json()["agent_url"]).fragment
        return self

    def result(self, by: KeyHolder | None = None) -> Any:
        """Have a partner's server ask for the result."""
        return (by or self.holder).post(f"liveness/sessions/{self.id}", {})

    def post(self, path: str, body: dict[str, Any], *, secret: str | None = None) -> Any:
        headers = {"origin": settings.BASE_URL, HEADER: self.secret if secret is None else secret}
        url = f"{self.holder.visitor.root}agent/{self.id}/{path}"
        return self.http.post(url, body, content_type="application/json", headers=headers)

    def get(self, path: str = "") -> Any:
        url = f"{self.holder.visitor.root}agent/{self.id}/{path}"
        return self.http.get(url, headers={HEADER: self.secret})

    def challenge(self) -> str:
        """Return what the named key is to sign."""
        sent = {"session_key": self.session_key, "agent": {"type": "simulator", "build": "1"}}
        answer = self.post("key/options", sent)
        assert answer.status_code == 200, answer.content
        return str(answer.json()["challenge"])

    def proves(self, proof: str | None = None) -> Any:
        """Prove the named key, and keep the secret that comes of it."""
        proof = proven_by(self.key, self.challenge()) if proof is None else proof
        answer = self.post("key", {"proof": proof, "agent": {"type": "simulator", "build": "1"}})
        if answer.status_code == 200:
            self.secret = answer.json()["key"]
        return answer

    def uploads(self) -> Capture:
        """Answer a challenge with a sample."""
        drawn = self.post("challenge", {})
        assert drawn.status_code == 200, drawn.content
        row = Transaction.objects.get(pk=self.id)
        before = F("issued_at") - timedelta(seconds=10)
        row.captures.filter(state=Capture.State.ISSUED).update(issued_at=before)
        headers = {"origin": settings.BASE_URL, HEADER: self.secret}
        url = f"{self.holder.visitor.root}agent/{self.id}/sample"
        answer = self.http.post(url, b"sealed", content_type="application/jose", headers=headers)
        assert answer.status_code == 202, answer.content
        return row.captures.get(state=Capture.State.SUBMITTED)

    def judged(self, outcome: str = "accepted", **changes: Any) -> Capture:
        """Upload a sample on which a worker comes to an outcome."""
        capture = self.uploads()
        seen = replace(face_proof(capture, model="", share_kind=None), chain=FRAMES_END, **changes)
        face = {"face": seen} if outcome == "accepted" else {}
        assert services.record_verdict(capture.pk, verdict_on(capture, outcome, **face))
        return capture

    def seen(self) -> "Framed":
        """Open a session that ends well, up to its result."""
        self.opened()
        assert self.proves().status_code == 200
        self.judged()
        return self

    @property
    def row(self) -> Transaction:
        return Transaction.objects.get(pk=self.id)


def a_secret() -> str:
    """Return a secret that nobody was given."""
    return new_secret()
