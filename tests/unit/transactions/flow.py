"""A transaction brought to each of its states, and a worker's verdict on it."""

from dataclasses import replace
from typing import Any

from joserfc.jwk import ECKey

from authsvc.assurance.evidence import Agent, FaceProof
from authsvc.core.ids import b64u
from authsvc.devices.models import Device
from authsvc.subjects.models import Subject
from authsvc.transactions import services
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.records import Verdict
from authsvc.transactions.verdict import sign_verdict
from tests.factories import make_consent, make_device, make_subject

BROWSER = "browser-key"
AGENT = Agent("browser", "1")
CHALLENGE = {"nonce": "n", "steps": [{"cue": "centre", "ms": 0}]}


def session_key() -> dict[str, str]:
    """Return a public session key as an agent sends it."""
    pair = ECKey.generate_key("P-256").as_dict(private=False)
    return {name: str(pair[name]) for name in ("kty", "crv", "x", "y")}


def person() -> tuple[Subject, Device]:
    """Make a person with consent and a passkey."""
    subject = make_subject()
    make_consent(subject)
    return subject, make_device(subject)


def opened(**fields: Any) -> Transaction:
    """Open a sign-in."""
    defaults = {"kind": Transaction.Kind.AUTHENTICATE, "browser_key": BROWSER, "continue_path": "/done/{id}"}
    return services.open_transaction(**{**defaults, **fields})


def proven(device: Device, **fields: Any) -> Transaction:
    """Open a sign-in and prove the device."""
    row = opened(**fields)
    prove(row, device, browser_key=fields.get("browser_key", BROWSER))
    row.refresh_from_db()
    return row


def prove(row: Transaction, device: Device, *, browser_key: str = BROWSER) -> None:
    """Prove the device in a transaction, whose key stays the same."""
    challenge = services.new_device_challenge(row, row.session_key or session_key())
    proof = services.DeviceProof(device, AGENT, b64u(challenge))
    services.record_device_proof(row, proof, browser_key=browser_key)


def submitted(device: Device, body: bytes = b"sealed", **fields: Any) -> tuple[Transaction, Capture]:
    """Bring a sign-in to an accepted upload."""
    row = proven(device, **fields)
    services.issue_capture(row, challenge=CHALLENGE)
    return row, services.accept_sample(row, body)


def face_proof(capture: Capture) -> FaceProof:
    """Return what a worker says of an accepted face."""
    return FaceProof(
        capture=capture.id,
        pad="accepted",
        iad="accepted",
        engine="engine-under-test",
        record="record-under-test",
        policy="policy",
        operating_point="1e-4",
        model="G",
        share_kind="prf",
    )


def verdict_on(judged: Capture, outcome: Any = "accepted", **changes: Any) -> str:
    """Return a verdict that the worker's key signed."""
    return sign_verdict(replace(verdict_of(judged, outcome), **changes))


def verdict_of(judged: Capture, outcome: Any = "accepted") -> Verdict:
    """Return what a worker says of a capture, unsigned."""
    accepted = outcome == "accepted"
    return Verdict(
        tenant=str(judged.tenant_id),
        transaction=judged.transaction_id,
        capture=judged.id,
        sample=judged.sample_digest,
        outcome=outcome,
        reason="matched" if accepted else "not-matched",
        hint="light" if outcome == "again" else None,
        face=face_proof(judged) if accepted else None,
    )
