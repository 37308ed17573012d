"""A face is no secret: with every picture, every row and an old upload, nobody signs in without the phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fido2.utils import websafe_decode

from devtools.phone.authenticator import Authenticator, Credential
from devtools.phone.faults import Fault
from devtools.phone.phone import Denied, Person, SoftwarePhone
from devtools.rendering import photographs
from devtools.stack.stack import Stack
from tests.attacks.conftest import PERSON
from tests.attacks.phone import WatchedPhone
from tests.attacks.sinks import Sinks
from tests.attacks.worker import working
from tests.campaign import Size

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs("postgresql", "redis", "photos"),
    pytest.mark.requirement("S5.2-02"),
]
DEVICE = """SELECT device.credential_id, person.user_handle FROM subjects_device device
JOIN subjects_subject person ON person.id = device.subject_id WHERE person.name = %s"""


@pytest.fixture(scope="module", autouse=True)
def _worker(stack: Stack, person: Person) -> Iterator[None]:
    with working(stack):
        yield


@pytest.fixture(scope="module")
def upload(stack: Stack, person: Person) -> bytes:
    """What the person's phone once sent, as somebody on the way has kept it."""
    phone = WatchedPhone(person)
    phone.sign_in(f"{stack.partner_url}/members")
    return phone.sealed


@pytest.fixture(scope="module")
def thief(stack: Stack, photos: Path, _worker: None) -> Authenticator:
    """The authenticator of somebody who has enrolled too, with another face."""
    passkeys = Authenticator()
    enrolling = Person(photographs.read(photos / "biden"), authenticator=passkeys)
    SoftwarePhone(enrolling).enrol(stack.new_link("A thief"))
    return passkeys


def refused_at(stack: Stack, phone: SoftwarePhone) -> int:
    with pytest.raises(Denied) as denied:
        phone.sign_in(f"{stack.partner_url}/members")
    answer = phone.browser.get(f"{stack.partner_url}/whoami.json", accept="application/json")
    assert answer.status_code == 401
    return denied.value.step


def test_a_passkey_made_of_every_public_part_is_refused(
    stack: Stack, sinks: Sinks, person: Person, upload: bytes, size: Size
) -> None:
    ((credential_id, user_handle),) = sinks.rows(DEVICE, PERSON)
    (real,) = person.authenticator.credentials
    for _ in range(size("tries", sample=2, whole=10)):
        forged = Credential.generate(rp_id=real.rp_id, user_handle=bytes(user_handle), user_name="")
        forged.id = websafe_decode(credential_id)
        passkeys = Authenticator([forged])
        phone = SoftwarePhone(Person(person.photographs, authenticator=passkeys))
        phone.recorded = upload
        assert refused_at(stack, phone) == 4


@pytest.mark.parametrize("fault", [None, Fault.REPLAYED_UPLOAD, Fault.WRONG_SHARE])
def test_ones_own_passkey_does_not_go_with_another_persons_face(
    stack: Stack, person: Person, thief: Authenticator, upload: bytes, fault: Fault | None
) -> None:
    phone = SoftwarePhone(Person(person.photographs, authenticator=thief), fault=fault, tries=1)
    phone.recorded = upload
    assert refused_at(stack, phone) == 10
