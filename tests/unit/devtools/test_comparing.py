"""The software phone compares what it is sent, once, and says so about the pictures that it sends."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from joserfc import jws

from devtools.phone import comparing, sealing
from devtools.phone.authenticator import Authenticator, Credential
from devtools.phone.faults import Fault, Way
from devtools.phone.phone import Denied, Person, SoftwarePhone, _Visit
from devtools.rendering.frame import Frame

BINDING = sealing.Binding("transaction", "nonce", "device")
RELEASED = comparing.Released("reference", 3, b"vector", 0.5)
CHALLENGE: dict[str, Any] = {"steps": [{"cue": "centre"}, {"cue": "left"}]}
FRAMES = [Frame(0, 1.0, 0.0, b"straight"), Frame(1, 2.0, 0.1, b"aside")]


class Engine:
    engine_id = "engine:1"

    def matches(self, pictures: Sequence[bytes], *, vector: bytes, threshold: float) -> bool:
        return (list(pictures), vector, threshold) == ([b"straight"], b"vector", 0.5)


def said(phone: SoftwarePhone, visit: _Visit) -> dict[str, Any]:
    signed = phone._result(visit, BINDING, "chain")["result"]
    found = jws.deserialize_compact(signed, sealing.private_jwk(visit.key), ["ES256"])
    result: dict[str, Any] = json.loads(found.payload)
    return result


@pytest.fixture
def visit() -> _Visit:
    return _Visit("https://visor.example/t/demo/agent/transaction/", released=RELEASED)


def test_the_phone_forgets_the_reference_with_its_result(visit: _Visit) -> None:
    phone = SoftwarePhone(Person([], engine=Engine()))
    phone._compare(visit, FRAMES, CHALLENGE)
    assert said(phone, visit) == {
        "txn": "transaction", "chl": "nonce", "chain": "chain", "ref": "reference", "ver": 3,
        "engine": "engine:1", "matched": True,
    }  # fmt: skip
    assert visit.released is None
    assert phone._result(visit, BINDING, "chain") == {}


def test_a_face_that_it_does_not_match_it_says_so_of(visit: _Visit) -> None:
    phone = SoftwarePhone(Person([], engine=Engine()))
    phone._compare(visit, FRAMES[1:], CHALLENGE)
    assert said(phone, visit)["matched"] is False


def test_a_phone_without_an_engine_compares_nothing(visit: _Visit) -> None:
    with pytest.raises(Denied, match="nothing to compare by"):
        SoftwarePhone(Person([]))._compare(visit, FRAMES, CHALLENGE)


def test_its_own_key_is_kept_with_the_passkey() -> None:
    made = Credential.generate(rp_id="visor.example", user_handle=b"u", user_name="u")
    assert Credential.from_json(made.to_json()).receiver is None
    made.receiver = sealing.new_session_key()
    again = Credential.from_json(made.to_json())
    assert again.receiver is not None
    assert sealing.public_jwk(again.receiver) == sealing.public_jwk(made.receiver)
    assert Authenticator(credentials=[again]).credentials == [again]


def test_every_fault_of_a_comparison_is_made_in_one() -> None:
    names = {fault.label for fault in Fault if fault.way is Way.COMPARED}
    assert len(names) == 8
