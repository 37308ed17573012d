"""A marked sample is nowhere but in its registered place, as ciphertext, and nowhere after the verdict."""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from devtools.phone.authenticator import Authenticator
from devtools.phone.faults import Fault
from devtools.phone.phone import Denied, Person, SoftwarePhone
from devtools.rendering import photographs
from devtools.stack.stack import Stack
from rp.client.liveness import LivenessSession
from tests import models
from tests.attacks.opening import bundles_of, pieces, template_of
from tests.attacks.phone import WatchedPhone
from tests.attacks.sinks import Sinks
from tests.attacks.worker import Worker
from tests.campaign import crossed
from tests.product import ENGINE, liveness_of, presence_of

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs("postgresql", "redis", "photos"),
    pytest.mark.requirement("S5.4-01", "S9.2-14", "S9.4-07"),
]
REGISTERED = {"table:transactions_sealedsample"}
LENGTH = 48
ENDINGS = {ending: ending for ending in ("accepted", "worker lost", "refused")}


def pictures_of(phone: WatchedPhone) -> dict[str, bytes]:
    """Return pieces of the phone's last pictures that occur nowhere else: of their files, and pixels."""
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
    return marks


def marks_of(phone: WatchedPhone) -> dict[str, bytes]:
    """Return pieces of the phone's last sample that occur nowhere else: pictures, device share."""
    assert len(phone.share) == 32
    return {**pictures_of(phone), "device share": phone.share}


def sealed_mark(phone: WatchedPhone) -> bytes:
    """Return a piece of the ciphertext that the phone uploaded."""
    middle = len(phone.sealed) // 2
    return phone.sealed[middle : middle + LENGTH]


def name_of(letter: str) -> str:
    return f"A person who is marked, by {letter}"


Marked = Callable[[str], tuple[Person, dict[str, bytes]]]


@pytest.fixture(scope="module")
def marked(stack: Stack, sinks: Sinks, photos: Path) -> Marked:
    """A person by each model, and the marks that their enrolment must not have left anywhere."""

    @cache
    def by(letter: str) -> tuple[Person, dict[str, bytes]]:
        passkeys = Authenticator()
        enrolling = Person(photographs.read(photos / "obama" / "01.jpg"), authenticator=passkeys)
        phone = WatchedPhone(enrolling, waiting=lambda txn: waits_sealed(sinks, phone))
        with models.keeping(stack, letter):
            phone.enrol(stack.new_link(name_of(letter)))
        assert sinks.rows("SELECT 1 FROM transactions_outgoing") == []
        bundles = bundles_of(enrolling)
        template = template_of(stack, name_of(letter), phone.share, bundles)
        marks = marks_of(phone) | {"sealed": sealed_mark(phone)}
        marks |= pieces("template", template[-400:], LENGTH)
        for number, bundle in enumerate(bundles):
            marks |= pieces(f"bundle {number}", bundle, LENGTH)
        looks = photographs.read(photos / "obama" / "03.jpg"), photographs.read(photos / "biden")
        return Person(*looks, passkeys, ENGINE), marks

    return by


def waits_sealed(sinks: Sinks, phone: WatchedPhone) -> None:
    """What a worker left for the phone is in its own table and nowhere else, and sealed."""
    ((body,),) = sinks.rows("SELECT body FROM transactions_outgoing")
    (piece,) = pieces("outgoing", bytes(body), LENGTH).values()
    assert sinks.find(piece, phone.answers) == {"table:transactions_outgoing"}
    assert bytes(body).count(b".") == 4  # a compact JWE


def nowhere(sinks: Sinks, marks: dict[str, bytes], phone: WatchedPhone) -> None:
    """Fail, naming mark and place, where a mark can be read."""
    found = {name: places for name, mark in marks.items() if (places := sinks.find(mark, phone.answers))}
    assert found == {}
    on_disk = {"first file", "device share", "bundle 0"} & set(marks)
    assert {name for name in on_disk if sinks.find_on_disk(marks[name])} == set()


TOKEN = re.compile(rb"eyJ[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{16,}\\.")
SCORE = re.compile(rb"\\b0\\.\\d{2,}")


def nothing_personal(sinks: Sinks, name: str) -> None:
    """The processes' logs name nobody, and show no token and no score (O13)."""
    logs = sinks.logs()
    assert name.encode() not in logs
    assert TOKEN.search(logs) is None
    assert [line for line in logs.splitlines() if b'"authsvc.' in line and SCORE.search(line)] == []


def follows_its_ids(sinks: Sinks, txn: str) -> None:
    """The worker's line on an attempt names it, the request that brought the sample, and the organisation."""
    judged = [json.loads(line) for line in sinks.logs().splitlines() if b" judged in " in line]
    own = [line for line in judged if line.get("transaction") == txn]
    assert own
    assert {"request", "tenant"} <= own[-1].keys()


COUNT = "from authsvc.vault.models import Reference\nprint(json.dumps(Reference.objects.count()))"
KEPT = """
from authsvc.subjects.models import Subject
from authsvc.vault.models import Bundle, DeviceWrap, Reference
person = Subject.objects.get(name="A person of whom nothing is kept")
device = person.devices.get().pk
there = [person.reference, person.reference_version]
there.append(DeviceWrap.objects.filter(device=device).count())
there.append(Bundle.objects.filter(device=device).count())
print(json.dumps([there, Reference.objects.count()]))
"""


@pytest.mark.modes("canary", models="D")
@pytest.mark.requirement("S6.3-04")
def test_where_no_reference_is_kept_a_sample_leaves_nothing_at_all(
    stack: Stack, sinks: Sinks, worker: Worker, photos: Path
) -> None:
    worker.go_on()
    before = stack.python(COUNT)
    passkeys = Authenticator()
    person = Person(photographs.read(photos / "obama" / "03.jpg"), authenticator=passkeys)
    with models.keeping(stack, "D"):
        SoftwarePhone(person).enrol(stack.new_link("A person of whom nothing is kept"))

    def judged_but_undecided(txn: str) -> None:
        with sinks.held(txn):
            worker.go_on()
            sinks.await_blocked()
            assert sinks.find(sealed_mark(phone), phone.answers) == REGISTERED
            nowhere(sinks, marks_of(phone), phone)

    phone = WatchedPhone(
        person, tries=3, beforehand=lambda api, sample: worker.hold_pool(), meanwhile=judged_but_undecided
    )
    phone.sign_in(presence_of(stack))
    sinks.await_row("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM transactions_sealedsample)")
    phone.answers.append(phone.browser.get(f"{stack.partner_url}/whoami.json").content)
    nowhere(sinks, {**marks_of(phone), "sealed": sealed_mark(phone)}, phone)
    assert stack.python(KEPT) == [["", 0, 0, 0], before]


@pytest.mark.requirement("S6.3-04")
def test_a_session_of_liveness_leaves_nothing_of_a_sample(
    stack: Stack, sinks: Sinks, worker: Worker, photos: Path
) -> None:
    worker.go_on()
    before, service = stack.python(COUNT), liveness_of(stack)
    opened: list[LivenessSession] = []

    def open_session(jkt: str) -> str:
        opened.append(service.open(jkt))
        return opened[-1].agent_url

    def judged_but_undecided(txn: str) -> None:
        with sinks.held(txn):
            worker.go_on()
            sinks.await_blocked()
            assert sinks.find(sealed_mark(phone), phone.answers) == REGISTERED
            nowhere(sinks, pictures_of(phone), phone)

    phone = WatchedPhone(
        Person(photographs.read(photos / "obama" / "03.jpg")),
        tries=3,
        beforehand=lambda api, sample: worker.hold_pool(),
        meanwhile=judged_but_undecided,
    )
    phone.show_presence(open_session)
    sinks.await_row("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM transactions_sealedsample)")
    phone.answers.append(json.dumps(service.take(opened[-1])).encode())
    nowhere(sinks, {**pictures_of(phone), "sealed": sealed_mark(phone)}, phone)
    assert stack.python(COUNT) == before


@pytest.mark.modes("canary")
@pytest.mark.requirement("S6.3-01")
@pytest.mark.parametrize(("ending", "letter"), crossed(ENDINGS, models.BY_LETTER, sample=2))
def test_a_marked_sample_is_ciphertext_while_it_waits_and_gone_after_the_verdict(
    stack: Stack, sinks: Sinks, worker: Worker, marked: Marked, ending: str, letter: str
) -> None:
    person, of_enrolment = marked(letter)
    begun: list[str] = []

    def judged_but_undecided(txn: str) -> None:
        begun.append(txn)
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
        waiting=lambda txn: waits_sealed(sinks, phone),
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
    sent = pieces("reference sent", phone.sent, LENGTH)
    assert bool(sent) == (letter in models.COMPARED_BY_PHONES)
    nowhere(sinks, {**of_enrolment, **marks_of(phone), **sent, "sealed": sealed_mark(phone)}, phone)
    nothing_personal(sinks, name_of(letter))
    follows_its_ids(sinks, begun[-1])
