"""What a new passkey is worth, and the list of formats that decides whether it is attested."""

import base64
import json
import secrets
import uuid
from typing import Any

import pytest
from fido2.webauthn import AttestationObject, RegistrationResponse

from authsvc.core.errors import Refused
from authsvc.devices.assertion import assertion_options, verify_assertion
from authsvc.devices.attestation.formats import FORMATS
from authsvc.devices.attestation.judging import is_attested
from authsvc.devices.models import Device
from authsvc.devices.registration import add_device, creation_options, verify_creation
from authsvc.subjects.models import Subject
from authsvc.tenancy.scope import tenant_scope
from devtools.phone.authenticator import Authenticator
from tests.factories import make_subject, make_tenant

pytestmark = pytest.mark.django_db
ORIGIN = "http://localhost:8000"


@pytest.fixture(autouse=True)
def _here(settings: Any) -> Any:
    settings.BASE_URL = ORIGIN
    with tenant_scope(make_tenant().id):
        yield


def made_by(authenticator: Authenticator, subject: Subject) -> tuple[dict[str, Any], dict[str, Any]]:
    options, state = creation_options(subject, challenge=secrets.token_bytes(32))
    return state, authenticator.create(json.loads(json.dumps(options))["publicKey"], ORIGIN).credential


@pytest.mark.parametrize("attestation", ["none", "packed"])
def test_nothing_that_is_known_today_attests_a_passkey(attestation: Any) -> None:
    """The software phone signs for itself with `packed`: not listed, so it counts as unattested."""
    subject = make_subject()
    state, credential = made_by(Authenticator(attestation=attestation), subject)
    device = verify_creation(state, credential, subject=subject)
    assert (device.attested, device.status) == (False, Device.Status.PENDING)


def test_a_listed_format_decides_by_the_statement_and_what_it_was_made_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[str, bytes]] = []

    def proves(made: AttestationObject, client_data_hash: bytes) -> bool:
        seen.append((made.fmt, client_data_hash))
        return bool(made.att_stmt)

    monkeypatch.setitem(FORMATS, "packed", proves)
    subject = make_subject()
    state, credential = made_by(Authenticator(attestation="packed"), subject)
    assert verify_creation(state, credential, subject=subject).attested
    assert seen == [("packed", RegistrationResponse.from_dict(credential).response.client_data.hash)]
    state, credential = made_by(Authenticator(), subject)
    assert not verify_creation(state, credential, subject=subject).attested


@pytest.mark.parametrize("attested", [False, True])
@pytest.mark.parametrize("syncable", [False, True])
@pytest.mark.parametrize("simulated", [False, True])
def test_t08_hardware_is_what_was_attested_and_cannot_be_copied(
    attested: bool, syncable: bool, simulated: bool
) -> None:
    device = Device(attested=attested, syncable=syncable, simulated=simulated)
    assert device.key_kind == ("hwk" if (attested, syncable, simulated) == (True, False, False) else "swk")


def test_t08_a_key_that_says_it_cannot_be_copied_is_not_believed() -> None:
    """The program of T08: a backup flag that is off, and the model of another authenticator."""
    subject = make_subject()
    state, credential = made_by(Authenticator(backup_eligible=False), subject)
    device = verify_creation(state, credential, subject=subject)
    device.simulated, device.aaguid = False, uuid.uuid4()
    assert (device.syncable, device.key_kind) == (False, "swk")


def test_a_format_that_nobody_listed_attests_nothing() -> None:
    _, credential = made_by(Authenticator(attestation="packed"), make_subject())
    made = RegistrationResponse.from_dict(credential).response
    assert not is_attested(made.attestation_object, made.client_data.hash)


def test_a_passkey_is_stored_once_and_proves_its_subject() -> None:
    subject, phone = make_subject(), Authenticator(backup_eligible=True, supports_prf=False)
    state, credential = made_by(phone, subject)
    device = verify_creation(state, credential, subject=subject)
    assert not Device.objects.exists()
    add_device(device, transaction="t")
    assert (device.key_kind, device.share_kind, device.simulated) == ("swk", "browser", True)
    with pytest.raises(Refused, match="passkey-refused"):
        add_device(device, transaction="t")
    Device.objects.update(status=Device.Status.ACTIVE)
    options, state = assertion_options(subject.tenant, challenge=secrets.token_bytes(32))
    answer = phone.get(json.loads(json.dumps(options))["publicKey"], ORIGIN).credential
    assert verify_assertion(state, answer, subject=None) == device
    with pytest.raises(Refused, match="passkey-refused"):
        verify_assertion(state, answer, subject=make_subject())


def test_a_credential_id_of_another_form_is_refused() -> None:
    """One passkey has one name: base64url as this server writes it."""
    subject = make_subject()
    state, credential = made_by(Authenticator(), subject)
    padded = base64.urlsafe_b64encode(base64.urlsafe_b64decode(credential["rawId"] + "==")).decode()
    assert padded != credential["rawId"]
    with pytest.raises(Refused, match="passkey-refused"):
        verify_creation(state, {**credential, "id": padded, "rawId": padded}, subject=subject)
