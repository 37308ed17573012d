"""The software authenticator against the library that the server verifies with."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from fido2.attestation.packed import PackedAttestation
from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from fido2.webauthn import (
    AttestationConveyancePreference,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from devtools.phone.authenticator import AAGUID, Answer, Authenticator, AuthenticatorError

ORIGIN = "http://localhost:8000"
PRF = {"prf": {"eval": {"first": "c2FsdA"}}}


def server(attestation: Any = None, verify: Any = None) -> Fido2Server:
    rp = PublicKeyCredentialRpEntity(id="localhost", name="Visor")
    return Fido2Server(rp, attestation=attestation, verify_attestation=verify)


def register(
    fido: Fido2Server, authenticator: Authenticator, extensions: Any = None
) -> tuple[AuthenticatorData, Answer]:
    options, state = fido.register_begin(
        PublicKeyCredentialUserEntity(id=b"handle", name="obama", display_name="obama"),
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    public = json.loads(json.dumps(dict(options)))["publicKey"]
    answer = authenticator.create({**public, "extensions": extensions or {}}, ORIGIN)
    return fido.register_complete(state, json.loads(json.dumps(answer.credential))), answer


def assertion(
    fido: Fido2Server, authenticator: Authenticator, known: list[AttestedCredentialData], origin: str = ORIGIN
) -> Answer:
    options, state = fido.authenticate_begin(user_verification=UserVerificationRequirement.REQUIRED)
    public = json.loads(json.dumps(dict(options)))["publicKey"]
    answer = authenticator.get({**public, "extensions": PRF}, origin)
    fido.authenticate_complete(state, known, json.loads(json.dumps(answer.credential)))
    return answer


def credential_of(data: AuthenticatorData) -> AttestedCredentialData:
    assert data.credential_data is not None
    return data.credential_data


def test_the_library_accepts_a_registration_and_an_assertion() -> None:
    authenticator = Authenticator()
    data, _ = register(server(), authenticator)
    assert data.is_user_verified()
    assertion(server(), authenticator, [credential_of(data)])


@pytest.mark.requirement("SA-02")
def test_every_credential_names_the_software_phone_as_its_model() -> None:
    data, _ = register(server(), Authenticator())
    assert credential_of(data).aaguid == AAGUID.bytes


def test_the_counter_rises_and_the_handle_comes_back() -> None:
    authenticator = Authenticator()
    data, _ = register(server(), authenticator)
    answers = [assertion(server(), authenticator, [credential_of(data)]) for _ in range(2)]
    counters = [
        AuthenticatorData(websafe_decode(answer.credential["response"]["authenticatorData"])).counter
        for answer in answers
    ]
    assert counters == [1, 2]
    assert websafe_decode(answers[0].credential["response"]["userHandle"]) == b"handle"


def test_prf_follows_the_webauthn_definition_and_stays_out_of_the_json() -> None:
    authenticator = Authenticator()
    data, made = register(server(), authenticator, PRF)
    answer = assertion(server(), authenticator, [credential_of(data)])
    salt = hashlib.sha256(b"WebAuthn PRF\x00salt").digest()
    expected = hmac.new(authenticator.credentials[0].prf_secret, salt, hashlib.sha256).digest()
    assert answer.prf == made.prf == expected
    assert "results" not in json.dumps([answer.credential, made.credential])


def test_an_authenticator_without_prf_gives_none() -> None:
    authenticator = Authenticator(supports_prf=False)
    _, made = register(server(), authenticator, PRF)
    assert made.prf is None
    assert made.credential["clientExtensionResults"] == {}


@pytest.mark.parametrize(("eligible", "state"), [(False, False), (True, False), (True, True)])
def test_backup_flags_are_reported_as_set(eligible: bool, state: bool) -> None:
    data, _ = register(server(), Authenticator(backup_eligible=eligible, backup_state=state))
    assert bool(data.flags & AuthenticatorData.FLAG.BE) is eligible
    assert bool(data.flags & AuthenticatorData.FLAG.BS) is state


def test_packed_self_attestation_verifies() -> None:
    seen: list[str] = []

    def verify(attestation: AttestationObject, client_data_hash: bytes) -> None:
        PackedAttestation().verify(attestation.att_stmt, attestation.auth_data, client_data_hash)
        seen.append(attestation.fmt)

    register(server(AttestationConveyancePreference.DIRECT, verify), Authenticator(attestation="packed"))
    assert seen == ["packed"]


def test_state_survives_a_file(tmp_path: Any) -> None:
    authenticator = Authenticator(backup_eligible=True)
    data, made = register(server(), authenticator, PRF)
    authenticator.save(tmp_path / "phone.json")
    assert (tmp_path / "phone.json").stat().st_mode & 0o077 == 0
    answer = assertion(server(), Authenticator.load(tmp_path / "phone.json"), [credential_of(data)])
    assert answer.prf == made.prf


def test_another_authenticator_and_another_origin_are_refused_by_the_library() -> None:
    authenticator, foreign = Authenticator(), Authenticator()
    data, _ = register(server(), authenticator)
    register(server(), foreign)
    with pytest.raises(ValueError, match="Unknown credential"):
        assertion(server(), foreign, [credential_of(data)])
    with pytest.raises(ValueError, match="origin"):
        assertion(server(), authenticator, [credential_of(data)], "https://visor.example.net")


def test_no_credential_and_no_common_algorithm_are_errors() -> None:
    with pytest.raises(AuthenticatorError):
        Authenticator().get({"rpId": "localhost", "challenge": "AA"}, ORIGIN)
    with pytest.raises(AuthenticatorError):
        Authenticator().create({"pubKeyCredParams": [{"alg": -257}]}, ORIGIN)
