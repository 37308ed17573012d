"""A marked sample is nowhere but in its registered place, as ciphertext, and nowhere after the verdict."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from devtools.phone.authenticator import Authenticator
from devtools.phone.faults import Fault
from devtools.phone.phone import Denied, Person
from devtools.rendering import photographs
from devtools.stack.stack import Stack
from tests.attacks.phone import WatchedPhone
from tests.attacks.sinks import Sinks
from tests.attacks.worker import Worker, working

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs("postgresql", "redis", "photos"),
    pytest.mark.requirement("S5.4-01", "S9.2-14", "S9.4-07"),
]
REGISTERED = {"table:transactions_sealedsample"}
LENGTH = 48
NAME = "A marked person"


def marks_of(phone: WatchedPhone) -> dict[str, bytes]:
    """Return pieces of the phone's last sample that occur nowhere else: files, pixels, device share."""
    frames = {
        "first": phone.frames[0],
        "middle": phone.frames[len(phone.frames) // 2],
        "last": phone.frames[-1],
    }
    marks = {}
    for name, frame in frames.items():
        middle = len(frame.jpeg) // 2
        marks[f"{name} file"] = frame.jpeg[middle : middle + LENGTH]
        picture = np.asarray(cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR))
        row = picture[240, 320:336]
        marks[f"{name} pixels, BGR"] = row.tobytes()
        marks[f"{name} pixels, RGB"] = row[:, ::-1].tobytes()
    assert len(phone.share) == 32
    return {**marks, "device share": phone.share}


def sealed_mark(phone: WatchedPhone) -> bytes:
    """Return a piece of the ciphertext that the phone uploaded."""
    middle = len(phone.sealed) // 2
    return phone.sealed[middle : middle + LENGTH]


def template_of(stack: Stack, share: bytes) -> bytes:
    """Return the marked person's template, as only a worker with the phone's share can open it."""
    opened: str = stack.python(
        "from authsvc.subjects.models import Subject\n"
        "from authsvc.vault.opening import open_reference\n"
        f"person = Subject.objects.get(name={NAME!r})\n"
        "device = person.devices.get().id\n"
        "given = dict(pseudonym=person.reference, version=person.reference_version, device=device)\n"
        f"opened = open_reference(**given, device_share=bytes.fromhex({share.hex()!r}))\n"
        "print(json.dumps(opened.templates[0].hex()))"
    )
    return bytes.fromhex(opened)


@pytest.fixture(scope="module")
def marked(stack: Stack, photos: Path) -> tuple[Person, dict[str, bytes]]:
    """A person, and the marks that their enrolment must not have left anywhere."""
    passkeys = Authenticator()
    enrolling = Person(photographs.read(photos / "obama" / "01.jpg"), authenticator=passkeys)
    phone = WatchedPhone(enrolling)
    with working(stack):
        phone.enrol(stack.new_link(NAME))
    template = template_of(stack, phone.share)
    marks = {**marks_of(phone), "template": template[-400:][:LENGTH], "sealed": sealed_mark(phone)}
    person = Person(
        photographs.read(photos / "obama" / "03.jpg"), photographs.read(photos / "biden"), passkeys
    )
    return person, marks


def nowhere(sinks: Sinks, marks: dict[str, bytes], phone: WatchedPhone) -> None:
    """Fail, naming mark and place, where a mark can be read."""
    found = {name: places for name, mark in marks.items() if (places := sinks.find(mark, phone.answers))}
    assert found == {}
    assert {name for name in ("first file", "device share") if sinks.find_on_disk(marks[name])} == set()


@pytest.mark.parametrize("ending", ["accepted", "refused", "worker lost"])
def test_a_marked_sample_is_ciphertext_while_it_waits_and_gone_after_the_verdict(
    stack: Stack, sinks: Sinks, worker: Worker, marked: tuple[Person, dict[str, bytes]], ending: str
) -> None:
    person, of_enrolment = marked

    def judged_but_undecided(txn: str) -> None:
        with sinks.held(txn):
            worker.go_on()
            sinks.await_blocked()
            # The worker has opened and judged the sample by now, and has not forgotten it yet.
            assert sinks.find(sealed_mark(phone), phone.answers) == REGISTERED
            nowhere(sinks, {**of_enrolment, **marks_of(phone)}, phone)
            latest = (
                "SELECT id FROM transactions_capture WHERE transaction_id = %s ORDER BY number DESC LIMIT 1"
            )
            ((capture,),) = sinks.rows(latest, txn)
            assert {place.split(":")[0] for place in sinks.find(capture.encode())} == {
                "table",
                "queue",
                "file",
            }
            if ending == "worker lost":
                worker.kill()

    fault = Fault.WRONG_FACE if ending == "refused" else None
    phone = WatchedPhone(
        person,
        fault=fault,
        tries=3 if ending == "accepted" else 1,
        beforehand=lambda api, sample: worker.hold_pool(),
        meanwhile=judged_but_undecided,
    )
    if ending == "accepted":
        phone.sign_in(f"{stack.partner_url}/members")
    else:
        with pytest.raises(Denied) as denied:
            phone.sign_in(f"{stack.partner_url}/members")
        assert denied.value.step == 10
        assert denied.value.code == ("again lost" if ending == "worker lost" else "refused")
    sinks.await_row("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM transactions_sealedsample)")
    stack.python("from authsvc.transactions.services import sweep\nsweep()")
    phone.answers.append(phone.browser.get(f"{stack.partner_url}/whoami.json").content)
    nowhere(sinks, {**of_enrolment, **marks_of(phone), "sealed": sealed_mark(phone)}, phone)
