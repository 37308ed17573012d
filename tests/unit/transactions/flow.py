"""A transaction brought to each of its states, and a worker's verdict on it."""

from dataclasses import replace
from typing import Any

from joserfc.jwk import ECKey

from authsvc.assurance.evidence import Agent, FaceProof
from authsvc.core.application_models import ApplicationModel
from authsvc.core.ids import b64u
from authsvc.devices.models import Device
from authsvc.subjects.models import Subject
from authsvc.transactions import services
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.records import NewReference, Verdict
from authsvc.transactions.verdict import sign_verdict
from tests.factories import make_consent, make_device, make_subject

BROWSER = "browser-key"
AGENT = Agent("browser", "1")
CHALLENGE = {"nonce": "n", "steps": [{"cue": "centre", "ms": 0}]}


def session_key() -> dict[str, str]:
    """Return a public session key as an agent sends it."""
    pair = ECKey.generate_key("P-256").as_dict(private=False)
    return {name: str(pair[name]) for name in ("kty", "crv", "x", "y")}


def person(**device: Any) -> tuple[Subject, Device]:
    """Make a person with consent and a passkey."""
    subject = make_subject()
    make_consent(subject)
    return subject, make_device(subject, **device)


def by_phone(row: ApplicationModel) -> dict[str, Any]:
    """Return what a device has beside by which references of a model are sent to the phone."""
    return {"receiving_key": session_key()} if row.sends_to_phone else {}


def agent_of(row: ApplicationModel) -> Agent:
    """Return an agent for which something vouches, where a model asks for that."""
    return Agent("simulator", "1", "test") if row.sends_to_phone else AGENT


def opened(**fields: Any) -> Transaction:
    """Open a sign-in."""
    defaults = {"kind": Transaction.Kind.AUTHENTICATE, "browser_key": BROWSER, "continue_path": "/done/{id}"}
    return services.open_transaction(**{**defaults, **fields})


def proven(device: Device, *, agent: Agent = AGENT, **fields: Any) -> Transaction:
    """Open a sign-in and prove the device."""
    row = opened(**fields)
    prove(row, device, browser_key=fields.get("browser_key", BROWSER), agent=agent)
    row.refresh_from_db()
    return row


def prove(row: Transaction, device: Device, *, browser_key: str = BROWSER, agent: Agent = AGENT) -> None:
    """Prove the device in a transaction, whose key stays the same."""
    challenge = services.new_device_challenge(row, row.session_key or session_key())
    proof = services.DeviceProof(device, agent, b64u(challenge))
    services.record_device_proof(row, proof, browser_key=browser_key)


def submitted(device: Device, body: bytes = b"sealed", **fields: Any) -> tuple[Transaction, Capture]:
    """Bring a sign-in to an accepted upload."""
    row = proven(device, **fields)
    if services.wanted_from(row).compare:
        released(row)
    services.issue_capture(row, challenge=CHALLENGE)
    return row, services.accept_sample(row, body)


def released(row: Transaction) -> Capture:
    """Have the person's reference released to the phone, which has fetched it."""
    services.issue_capture(row, challenge=services.release_challenge(b"r" * 32))
    capture = services.accept_sample(row, b"sealed")
    subject = row.subject
    assert subject is not None
    made = NewReference(subject.reference, subject.reference_version, "prf")
    verdict = verdict_on(capture, face=None, reason=services.RELEASED, reference=made)
    assert services.record_verdict(capture.pk, verdict)
    row.refresh_from_db()
    return capture


def face_proof(capture: Capture, *, model: str = "G", share_kind: str | None = "prf") -> FaceProof:
    """Return what a worker says of an accepted face."""
    return FaceProof(
        capture=capture.id,
        pad="accepted",
        iad="accepted",
        engine="engine-under-test",
        record="record-under-test",
        policy="policy",
        operating_point="1e-4",
        model=model,
        share_kind=share_kind,
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
