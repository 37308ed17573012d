"""What vouches for an agent's keys is trusted where its row says so, and for exactly these keys."""

from dataclasses import replace

import pytest

from authsvc.devices.attestation.agents import FORMATS, LISTED, Keys, vouches
from devtools.phone import comparing, sealing

pytestmark = pytest.mark.requirement("S6.2-07", "SA-02")
SESSION, RECEIVING = (sealing.public_jwk(sealing.new_session_key()) for _ in range(2))
KEYS = Keys("transaction", comparing.thumbprint(SESSION), comparing.thumbprint(RECEIVING))
STATEMENT = comparing.attestation("transaction", SESSION, RECEIVING)["statement"]


def test_the_test_root_is_trusted_in_sandboxes_alone() -> None:
    assert vouches("test", STATEMENT, KEYS, sandbox=True)
    assert not vouches("test", STATEMENT, KEYS, sandbox=False)


@pytest.mark.parametrize("name", ["transaction", "session_key", "receiving_key"])
def test_a_statement_is_about_these_keys_and_no_other(name: str) -> None:
    assert not vouches("test", STATEMENT, replace(KEYS, **{name: "another"}), sandbox=True)


@pytest.mark.parametrize(
    "statement",
    ["", "a.b.c", comparing.sign_result({}, sealing.new_session_key())],
    ids=["none", "no JWS", "other"],
)
def test_what_the_root_did_not_sign_vouches_for_nothing(statement: str) -> None:
    assert not vouches("test", statement, KEYS, sandbox=True)


def test_a_signature_of_another_kind_vouches_for_nothing() -> None:
    signed = comparing.sign_result({"transaction": "transaction"}, comparing.TEST_ROOT)
    assert not vouches("test", signed, KEYS, sandbox=True)


def test_a_format_that_nobody_listed_vouches_for_nothing() -> None:
    assert not vouches("android-key", STATEMENT, KEYS, sandbox=True)
    assert FORMATS.keys() == LISTED.keys()
