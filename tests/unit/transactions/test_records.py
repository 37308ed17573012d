"""What is stored and signed, as the release before wrote it: read here, and written so that it reads it."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from joserfc import jws
from joserfc.jwk import OKPKey

from authsvc.assurance.evidence import Agent, FaceProof, PasskeyProof, Proven
from authsvc.core.errors import Refused
from authsvc.core.ids import b64u
from authsvc.core.records import NotARecord, read_stored
from authsvc.oidc.requests.wanted import Wanted
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions import services
from authsvc.transactions.ceremony import remember_bound, remember_ceremony, take_ceremony
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.records import Ceremony, EnrolmentRequest, NewReference, SignInRequest, Verdict
from tests.factories import make_tenant
from tests.unit.transactions import flow

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]

# Rows of the release before this, letter by letter.
FACE = {
    "capture": "c1",
    "pad": "accepted",
    "iad": "accepted",
    "engine": "dlib-onnx",
    "record": None,
    "policy": "digest",
    "operating_point": "1e-4",
    "model": "G",
    "share_kind": "prf",
}
PASSKEY = {"device": "d", "kind": "hwk", "user_verified": True, "attested": False, "share_kind": "prf"}
EVIDENCE = {
    "passkey": PASSKEY,
    "agent": {"type": "browser", "build": "page-1"},
    "face": FACE,
    "at": "2026-11-25T10:00:00+00:00",
}
PROVEN = Proven(
    PasskeyProof("d", "hwk", user_verified=True, attested=False, share_kind="prf"),
    Agent("browser", "page-1"),
    FaceProof("c1", "accepted", "accepted", "dlib-onnx", None, "digest", "1e-4", "G", "prf"),
    "2026-11-25T10:00:00+00:00",
)
RECOVERED = {**EVIDENCE, "passkey": {**PASSKEY, "recovered": True}}
SIGN_IN = {
    "client_id": "partner",
    "redirect_uri": "https://partner.example/callback",
    "response_mode": "query",
    "state": "s",
    "nonce": "n",
    "scope": ["openid", "email"],
    "claims": {},
    "prompt": [],
    "max_age": 60,
    "acr_values": ["urn:visor:L2"],
    "essential_acr": None,
    "face": False,
    "presence": False,
    "test": False,
    "sub": "",
    "code_challenge": "challenge",
    "dpop_jkt": "",
    "pushed": "",
}
CLAIMS = {
    "tenant": "t",
    "transaction": "x",
    "capture": "c1",
    "sample": "digest",
    "outcome": "accepted",
    "reason": "matched",
    "hint": None,
    "face": FACE,
}
REFERENCE = {"pseudonym": "p", "version": 2, "share_kind": "prf"}


@pytest.fixture(autouse=True)
def _tenant() -> Iterator[None]:
    with tenant_scope(make_tenant().id):
        yield


def stored(row: Transaction, column: str) -> Any:
    return Transaction.objects.values_list(column, flat=True).get(pk=row.pk)


def test_evidence_of_the_release_before_is_read_and_written() -> None:
    row = flow.opened()
    assert (row.evidence, row.evidence.policy) == (Proven(), "")
    Transaction.objects.filter(pk=row.pk).update(stored_evidence=EVIDENCE)
    row.refresh_from_db()
    assert (row.evidence, row.evidence.policy) == (PROVEN, "digest")
    row.evidence = replace(PROVEN, face=None)
    row.save()
    assert stored(row, "stored_evidence") == {**EVIDENCE, "face": None}


def test_a_recovered_passkey_is_written_and_read() -> None:
    row = flow.opened()
    assert PROVEN.passkey is not None
    row.evidence = replace(PROVEN, passkey=replace(PROVEN.passkey, recovered=True))
    row.save()
    assert stored(row, "stored_evidence") == RECOVERED
    row.refresh_from_db()
    assert row.evidence.passkey is not None
    assert row.evidence.passkey.recovered


def test_a_sign_ins_request_is_read_by_its_owner_and_in_part_by_others() -> None:
    wanted = Wanted.from_json(SIGN_IN)
    row = flow.opened(request=wanted)
    assert stored(row, "request") == SIGN_IN == wanted.to_json()
    asked = SignInRequest.from_json({**SIGN_IN, "backchannel": "b"})
    assert (asked.redirect_uri, asked.scope) == ("https://partner.example/callback", ["openid", "email"])
    assert (asked.max_age, asked.acr_values, asked.essential_acr) == (60, ["urn:visor:L2"], None)
    assert SignInRequest.from_json({}) == SignInRequest()


def test_an_enrolments_request_is_read_and_written() -> None:
    row = flow.opened(request=EnrolmentRequest(link="l", face=False))
    assert stored(row, "request") == {"link": "l", "face": False}
    assert EnrolmentRequest.from_json(row.request) == EnrolmentRequest("l", face=False)


def test_a_ceremony_is_written_as_before_and_read_once() -> None:
    row, before = flow.opened(), {"ceremony": "get", "challenge": "AAAA", "user_verification": "required"}
    remember_ceremony(row, Ceremony("get", "AAAA", "required"))
    assert stored(row, "webauthn_state") == before
    assert take_ceremony(row, "get").state == {"challenge": "AAAA", "user_verification": "required"}
    with pytest.raises(Refused, match="no-passkey-challenge"):
        take_ceremony(row, "get")
    Transaction.objects.filter(pk=row.pk).update(webauthn_state=before)
    with pytest.raises(Refused, match="no-passkey-challenge"):
        take_ceremony(row, "create")


def test_the_passkey_that_a_binding_made_is_written_as_before_and_found() -> None:
    (_, device), row = flow.person(), flow.opened()
    assert services.bound_device(row) is None
    remember_bound(row, device, browser_key=flow.BROWSER)
    assert stored(row, "webauthn_state") == {"bound": device.id}
    row.refresh_from_db()
    assert services.bound_device(row) == device
    remember_ceremony(row, Ceremony("create", "AAAA", "required"))
    assert services.bound_device(row) is None


@pytest.mark.parametrize("claims", [CLAIMS, {**CLAIMS, "reference": REFERENCE}])
def test_a_verdict_has_the_claims_that_it_had(claims: dict[str, Any]) -> None:
    verdict = Verdict.from_text(json.dumps(claims).encode())
    assert verdict.to_json() == claims
    assert verdict.reference == (NewReference("p", 2, "prf") if "reference" in claims else None)


def signed(claims: dict[str, Any]) -> str:
    names = {"x": "verdict_public_key", "d": "verdict_private_key"}
    secret = {name: b64u(settings.SECRETS[key]) for name, key in names.items()}
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", **secret})
    head = {"alg": "Ed25519", "typ": "visor-verdict+jws"}
    return jws.serialize_compact(head, json.dumps(claims), key, ["Ed25519"])


def claims_on(capture: Capture) -> dict[str, Any]:
    return {
        **CLAIMS,
        "tenant": str(capture.tenant_id),
        "transaction": capture.transaction_id,
        "capture": capture.id,
        "sample": capture.sample_digest,
    }


@pytest.mark.requirement("S8.3-06")
@pytest.mark.parametrize(
    "change",
    [
        *({name: ...} for name in CLAIMS),
        *({"face": {**FACE, name: ...}} for name in FACE),
        {"score": 0.3},
        {"face": {**FACE, "score": 0.3}},
        {"outcome": "perhaps"},
        {"hint": 7},
        {"face": "accepted"},
        {"face": {**FACE, "record": True}},
        {"reference": {**REFERENCE, "version": "2"}},
        {"reference": {**REFERENCE, "version": ...}},
    ],
    ids=str,
)
def test_a_signed_verdict_with_a_claim_too_many_too_few_or_of_another_type_changes_nothing(
    change: dict[str, Any],
) -> None:
    _, capture = flow.submitted(flow.person()[1])
    with pytest.raises(Refused, match="verdict-refused"):
        services.record_verdict(capture.id, signed(_without(claims_on(capture) | change)))
    capture.refresh_from_db()
    assert capture.state == Capture.State.SUBMITTED


def _without(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _without(item) for name, item in value.items() if item is not ...}


def test_a_verdict_of_a_worker_of_the_release_before_is_taken() -> None:
    row, capture = flow.submitted(flow.person()[1])
    assert services.record_verdict(capture.id, signed(claims_on(capture)))
    row.refresh_from_db()
    assert row.evidence.face == PROVEN.face


def test_an_enrolments_verdict_must_bring_a_reference() -> None:
    subject, device = flow.person()
    asked = EnrolmentRequest(link="l", face=True)
    _, capture = flow.submitted(device, kind=Transaction.Kind.ENROL, subject=subject, request=asked)
    with pytest.raises(Refused, match="verdict-refused"):
        services.record_verdict(capture.id, signed(claims_on(capture)))
    assert services.record_verdict(capture.id, signed(claims_on(capture) | {"reference": REFERENCE}))
    before = subject.reference
    subject.refresh_from_db()
    assert (subject.reference, subject.reference_version) == (before, 1)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"passkey": {**PASSKEY, "user_verified": "yes"}}, "passkey.user_verified"),
        ({"passkey": {**PASSKEY, "attested": 1}}, "passkey.attested"),
        ({"passkey": {"kind": "hwk"}}, "passkey.attested, passkey.device"),
        ({"face": {"pad": "accepted"}}, "face.capture"),
        ({"face": []}, "face"),
        ({"agent": {"type": None, "build": ""}}, "agent.type"),
    ],
)
def test_a_row_of_another_form_is_worth_nothing(change: dict[str, Any], wrong: str) -> None:
    row = flow.proven(flow.person()[1])
    services.decline_face(row)
    Transaction.objects.filter(pk=row.pk).update(stored_evidence={**EVIDENCE, **change})
    with pytest.raises(Refused, match=f"verdict-altered: Proven: {re.escape(wrong)}"):
        services.consume(row.id, flow.BROWSER, at=f"/done/{row.id}")


def test_a_field_of_a_later_release_is_passed_over_in_a_row() -> None:
    later = {**EVIDENCE, "place": "desk", "agent": {"type": "browser", "build": "page-1", "camera": "c"}}
    assert Proven.from_json(later) == PROVEN
    with pytest.raises(NotARecord, match="EnrolmentRequest: face"):
        read_stored(EnrolmentRequest, {"link": "l", "more": 1})


def test_nobody_reads_these_columns_by_hand() -> None:
    loose = re.compile(r"\.(stored_evidence|webauthn_state|evidence|request)(\[|\.get\()")
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for package in ("authsvc", "portal", "config")
        for path in (ROOT / package).rglob("*.py")
        for match in loose.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []
