"""A sealed sample opens for exactly its capture, by the worker that it was sealed to, in either form."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from authsvc.biometrics import judging, unsealing
from authsvc.biometrics.types import Reason
from authsvc.biometrics.unsealing import SampleLost, unseal_sample
from authsvc.core.ids import b64u
from authsvc.keys.holding import Holder
from authsvc.keys.samples import CannotUnseal
from devtools.phone.sealing import Binding, encrypt

BINDING = Binding("transaction", b64u(bytes(32)), "credential")
Seal = dict[str, Any]


def seal_of(worker: Holder) -> Seal:
    kid = f"{worker.worker}.0"
    key = worker.open(kid)
    assert key is not None
    return {"kid": kid, "key": key.as_dict(private=False)}


def capture(*kids: str, known: bool = True) -> Any:
    device = SimpleNamespace(credential_id=BINDING.device)
    return SimpleNamespace(
        id="capture",
        transaction_id=BINDING.txn,
        transaction=SimpleNamespace(device=device, kind="authenticate"),
        challenge={"nonce": BINDING.nonce},
        offered_to=list(kids) if known else None,
        releases=False,
    )


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Holder:
    """This worker."""
    here = Holder()
    monkeypatch.setattr(unsealing, "holder", lambda: here)
    return here


@pytest.fixture
def both(worker: Holder) -> Seal:
    """A sample is sealed to another worker first, and to this one."""
    return {**seal_of(Holder()), "second": seal_of(worker)}


def test_a_sample_to_one_worker_opens_there(worker: Holder) -> None:
    seal = seal_of(worker)
    sealed = encrypt(b"frames", BINDING, seal).encode()
    assert unseal_sample(sealed, capture=capture(seal["kid"])) == b"frames"


def test_t10_a_sample_to_two_workers_opens_with_either(
    both: Seal, worker: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Holder(), Holder()
    sealed = encrypt(b"f" * 3_000_000, BINDING, {**seal_of(first), "second": seal_of(second)}).encode()
    for here in (first, second):
        monkeypatch.setattr(unsealing, "holder", lambda here=here: here)
        assert unseal_sample(sealed, capture=capture()) == b"f" * 3_000_000


def test_t10_a_sample_to_workers_that_are_gone_is_lost_and_no_failure(worker: Holder) -> None:
    gone = seal_of(Holder())
    for seal in (gone, {**gone, "second": seal_of(Holder())}):
        sealed = encrypt(b"frames", BINDING, seal).encode()
        with pytest.raises(SampleLost):
            unseal_sample(sealed, capture=capture(gone["kid"]))
        with pytest.raises(SampleLost):
            unseal_sample(sealed, capture=capture(known=False))


def test_a_sample_to_a_key_that_was_not_offered_is_refused(worker: Holder) -> None:
    """Whoever makes a key up has no further try for it."""
    sealed = encrypt(b"frames", BINDING, seal_of(Holder())).encode()
    with pytest.raises(CannotUnseal):
        unseal_sample(sealed, capture=capture("another.0"))


@pytest.mark.parametrize("member", ["txn", "nonce", "device"])
def test_a_sample_of_another_capture_is_refused_in_either_form(
    worker: Holder, both: Seal, member: str
) -> None:
    fields = {"txn": BINDING.txn, "nonce": BINDING.nonce, "device": BINDING.device, member: "another"}
    for seal in (seal_of(worker), both):
        sealed = encrypt(b"frames", Binding(**fields), seal).encode()
        with pytest.raises(CannotUnseal, match="sealed for another"):
            unseal_sample(sealed, capture=capture(seal["kid"]))


def spoiled(sealed: str, **changes: Any) -> bytes:
    return json.dumps({**json.loads(sealed), **changes}).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"recipients": []},
        {"recipients": {}},
        {"recipients": [{"header": {}}]},
        {"recipients": None},
        {"unprotected": {"txn": "transaction"}},
        {"aad": "AAAA"},
        {"protected": "e30"},
        {"protected": b64u(b"[]")},
        {"protected": 7},
        {"tag": "AAAA"},
        {"ciphertext": ""},
        {"iv": 1},
    ],
)
def test_json_that_is_spoiled_is_refused(both: Seal, changes: dict[str, Any]) -> None:
    sealed = spoiled(encrypt(b"frames", BINDING, both), **changes)
    with pytest.raises(CannotUnseal):
        unseal_sample(sealed, capture=capture(both["kid"]))


@pytest.mark.parametrize("body", [b"{", b"{}", b'{"a":1}', b"", b".", b"....", b"{" * 5000, "{é".encode()])
def test_what_is_no_sample_is_refused(worker: Holder, body: bytes) -> None:
    with pytest.raises(CannotUnseal):
        unseal_sample(body, capture=capture("any.0"))


def test_three_recipients_are_one_too_many(both: Seal) -> None:
    sent = json.loads(encrypt(b"frames", BINDING, both))
    extra = {**sent["recipients"][0], "header": {**sent["recipients"][0]["header"], "kid": "third.0"}}
    with pytest.raises(CannotUnseal):
        unseal_sample(
            spoiled(json.dumps(sent), recipients=[*sent["recipients"], extra]), capture=capture(both["kid"])
        )


def test_t10_what_is_lost_is_asked_for_again_and_says_nothing_of_the_person(
    worker: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "_require_as_drawn", lambda capture: None)
    gone = seal_of(Holder())
    sealed = encrypt(b"frames", BINDING, gone).encode()
    for sample in (sealed, None):
        decision = judging.judge(capture(gone["kid"]), sample).decision
        assert (decision.outcome, decision.reason, decision.hint) == ("again", Reason.LOST, "lost")
