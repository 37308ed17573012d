"""What comes beside frames is what the model lists, and the key to answer to is this very capture's."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.biometrics.crossing import MOST_BYTES, Sent, read_sent, require_listed, send_down
from authsvc.biometrics.types import BadSample, Reason, StageError
from authsvc.core.ids import b64u
from authsvc.protection.base import Kept, Share
from authsvc.protection.registry import PROTECTIONS
from authsvc.tenancy.scope import tenant_scope
from authsvc.vault.opening import CannotOpenReference
from devtools.phone import sealing
from tests.factories import make_tenant

pytestmark = pytest.mark.requirement("S6.3-01")
NONCE, TXN = b64u(b"n" * 32), "transaction"
BINDING = sealing.Binding(TXN, NONCE, "device")
SHARE = b"s" * 32


def capture_of(key: ec.EllipticCurvePrivateKey) -> Any:
    transaction = SimpleNamespace(
        session_key=sealing.public_jwk(key), pk=TXN, subject_id=None, kind="authenticate"
    )
    return SimpleNamespace(transaction=transaction, transaction_id=TXN, challenge={"nonce": NONCE})


def sample_of(**members: Any) -> bytes:
    return sealing.container(members, [])


def sent_in(capture: Any, **members: Any) -> Sent:
    manifest: Any = SimpleNamespace(share=SHARE, share_kind="prf", new_share=None, new_share_kind=None)
    return read_sent(capture, sample_of(**members), manifest)


def test_shares_bundles_and_the_key_are_read() -> None:
    key, receiver = sealing.new_session_key(), sealing.new_session_key()
    answer = sealing.answer_key(receiver, BINDING, key)
    found = sent_in(capture_of(key), bundles=[b64u(b"one"), b64u(b"two")], **answer)
    assert found.share == Share(SHARE, "prf", (b"one", b"two"))
    assert found.receiver == sealing.public_jwk(receiver)
    assert sent_in(capture_of(key)) == Sent(Share(SHARE, "prf"), Share(b"", ""))


@pytest.mark.requirement("S9.5-03")
def test_a_key_that_the_session_key_did_not_sign_for_this_challenge_is_refused() -> None:
    key = sealing.new_session_key()
    others = (
        sealing.answer_key(key, BINDING, sealing.new_session_key()),
        sealing.answer_key(key, sealing.Binding("another", NONCE, "device"), key),
        sealing.answer_key(key, sealing.Binding(TXN, b64u(b"m" * 32), "device"), key),
    )
    for answer in others:
        with pytest.raises(BadSample):
            sent_in(capture_of(key), **answer)


@pytest.mark.parametrize("change", ["typ", "more", "curve", "point", "private"])
def test_a_key_of_another_form_is_refused(change: str) -> None:
    key = sealing.new_session_key()
    said: dict[str, Any] = {"txn": TXN, "chl": NONCE, "jwk": dict(sealing.public_jwk(key))}
    if change == "more":
        said["more"] = 1
    elif change == "curve":
        said["jwk"]["crv"] = "P-384"
    elif change == "point":
        said["jwk"]["y"] = said["jwk"]["x"]
    elif change == "private":
        said["jwk"]["d"] = said["jwk"]["x"]
    header = {"alg": "ES256", "typ": "visor-verdict+jws" if change == "typ" else "visor-receiver+jws"}
    signed = jws.serialize_compact(header, json.dumps(said), sealing.private_jwk(key), ["ES256"])
    with pytest.raises(BadSample):
        sent_in(capture_of(key), receiver=signed)


@pytest.mark.parametrize(
    "bundles", [["not base64url!"], [b64u(b"x")] * 6, [""], "text", [7], None, {"a": 1}], ids=repr
)
def test_bundles_of_another_form_are_refused(bundles: object) -> None:
    with pytest.raises(BadSample) as refused:
        sent_in(capture_of(sealing.new_session_key()), bundles=bundles)
    assert refused.value.reason == Reason.MANIFEST


RECEIVER = {"kty": "EC"}
OF_PHONE = Sent(Share(SHARE, "prf", (b"bundle",)), Share(b"", ""), RECEIVER)
PLAIN = Sent(Share(SHARE, "prf"), Share(b"", ""))
NOTHING = Sent(Share(b"", ""), Share(b"", ""))
RESULT = replace(NOTHING, result="a signed result")


@pytest.mark.modes("attacks")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("letter", "sent", "listed"),
    [
        ("G", PLAIN, True),
        ("G", Sent(PLAIN.share, PLAIN.new_share, RECEIVER), False),
        ("G", Sent(OF_PHONE.share, PLAIN.new_share), False),
        ("A", NOTHING, True),
        ("A", PLAIN, False),
        ("A", Sent(NOTHING.share, Share(SHARE, "prf")), False),
        ("B", OF_PHONE, True),
        ("B", PLAIN, True),
        ("B", RESULT, False),
        ("C", RESULT, True),
        ("C", PLAIN, True),
        ("C", OF_PHONE, False),
        ("C", replace(RESULT, receiver=RECEIVER), False),
        ("G", RESULT, False),
    ],
    ids=[
        *("G", "G-receiver", "G-bundles", "A", "A-share", "A-new-share", "B", "B-nothing-kept", "B-result"),
        *("C", "C-share", "C-bundles", "C-receiver", "G-result"),
    ],
)
def test_what_the_row_does_not_list_is_refused_and_recorded(letter: str, sent: Sent, listed: bool) -> None:
    transaction = capture_of(sealing.new_session_key()).transaction
    with tenant_scope(make_tenant().id):
        if listed:
            require_listed(transaction, PROTECTIONS[letter], sent)
        else:
            with pytest.raises(StageError) as refused:
                require_listed(transaction, PROTECTIONS[letter], sent)
            assert refused.value.reason == Reason.FLOW
        assert AuditEvent.objects.filter(tag=Tag.FLOW_REFUSED, transaction=TXN).exists() != listed


def test_nothing_is_left_for_an_agent_that_named_no_key_or_could_not_send_it_back() -> None:
    capture, device = capture_of(sealing.new_session_key()), SimpleNamespace(credential_id="device")
    for kept, sent in (
        (Kept("p", 1, bundles=(b"bundle",)), PLAIN),
        (Kept("p", 1, bundles=(bytes(MOST_BYTES), b"x")), OF_PHONE),
    ):
        with pytest.raises(CannotOpenReference):
            send_down(capture, kept, sent, device=device)  # type: ignore[arg-type]
    send_down(capture, Kept("p", 1), PLAIN, device=device)  # type: ignore[arg-type]
