"""Attempts that are over, stored as the product leaves them, many at a time."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from authsvc.assurance.evidence import Agent, FaceProof, PasskeyProof, Proven
from authsvc.biometrics.thresholds import evaluation_records
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.policy.evaluate import DEFAULT, policy_digest
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Capture, Transaction

PASSKEY = PasskeyProof("device", "swk", user_verified=True, attested=False, share_kind="prf")


def face(**fields: Any) -> FaceProof:
    """Return a face that the shipped policy's worker accepted, by the record of the release."""
    given = {
        "capture": "a-capture",
        "pad": "accepted",
        "iad": "accepted",
        "engine": "an-engine",
        "record": evaluation_records()[-1].id,
        "policy": policy_digest(DEFAULT),
        "operating_point": "1e-4",
        "model": "G",
        "share_kind": "prf",
    }
    return FaceProof(**{**given, **fields})


def proven(shown: FaceProof | None = None, **fields: Any) -> Proven:
    """Return what a sign-in by passkey proved, with a face where one was shown."""
    return Proven(**{"passkey": PASSKEY, "agent": Agent("browser", "1"), "face": shown, **fields})


def ended(
    party: RelyingParty | None,
    subject: Subject | None,
    evidence: Proven,
    *,
    at: datetime | None = None,
    asked: dict[str, Any] | None = None,
    **fields: Any,
) -> Transaction:
    """Return a sign-in that came to its end an hour ago, not stored yet."""
    moment = at or now() - timedelta(hours=1)
    given = {
        "kind": Transaction.Kind.AUTHENTICATE,
        "state": Transaction.State.CONSUMED,
        "client": party,
        "subject": subject,
        "request": {"scope": ["openid"], **(asked or {})},
        "stored_evidence": evidence.to_json(),
        "browser_digest": "0" * 64,
        "continue_path": "/",
        "created_at": moment,
        "expires_at": moment + timedelta(minutes=5),
        "decided_at": moment + timedelta(seconds=20),
        "ended_at": moment + timedelta(seconds=30),
    }
    return Transaction(**{**given, **fields})


def stored(rows: Iterable[Transaction]) -> list[Transaction]:
    """Store attempts."""
    return Transaction.objects.bulk_create(list(rows), batch_size=1_000)


def failed(row: Transaction, reason: str, number: int = 1) -> Capture:
    """Store a capture of an attempt that was not accepted."""
    return Capture.objects.create(
        transaction=row,
        number=number,
        state=Capture.State.REFUSED,
        reason=reason,
        challenge={"steps": []},
        issued_at=row.created_at,
        expires_at=row.expires_at,
        decided_at=row.created_at,
    )


def many(count: int, parties: list[RelyingParty], people: list[Subject]) -> list[Transaction]:
    """Store so many sign-ins, of every kind in turn: with a face, without, by hand-off, refused, left."""
    moment, kinds = now(), _kinds()
    rows = []
    for each in range(count):
        evidence, state = kinds[each % len(kinds)]
        passkey = replace(PASSKEY, device=f"device-{each}")
        shown = replace(evidence.face, capture=f"capture-{each}") if evidence.face else None
        rows.append(
            ended(
                parties[each % len(parties)],
                people[each % len(people)],
                replace(evidence, passkey=passkey, face=shown, at=moment.isoformat()),
                at=moment - timedelta(seconds=each),
                asked={"acr_values": ["urn:visor:L2"], "state": "s" * 40, "nonce": str(each)},
                state=state,
                decided_at=None if state in Transaction.LEFT else moment,
            )
        )
    made = stored(rows)
    captures = (
        Capture(
            transaction=row,
            number=1,
            state=Capture.State.REFUSED,
            reason="non-match",
            challenge={"steps": []},
            issued_at=row.created_at,
            expires_at=row.expires_at,
        )
        for row in made
        if row.state in Transaction.LEFT
    )
    Capture.objects.bulk_create(captures, batch_size=1_000)
    return made


def _kinds() -> list[tuple[Proven, str]]:
    consumed = Transaction.State.CONSUMED
    return [
        (proven(face()), consumed),
        (proven(face(operating_point="3e-5")), consumed),
        (proven(), consumed),
        (proven(handoff="number"), consumed),
        (proven(), Transaction.State.CANCELLED),
    ]
