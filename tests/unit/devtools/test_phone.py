"""The phone's journeys and faults against a stand-in that knows only docs/protocol.md."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fido2.webauthn import AttestedCredentialData

from devtools.phone.authenticator import Authenticator
from devtools.phone.faults import Fault
from devtools.phone.phone import Denied, Person, SoftwarePhone, Step
from devtools.rendering import photographs
from devtools.rendering.render import render_burst
from tests.campaign import sampled
from tests.unit.devtools.fake_server import FakeServer, running

pytestmark = pytest.mark.needs("photos")


@dataclass(frozen=True)
class Enrolled:
    """One enrolment, made once: what the phone and the server keep of it, and the manifest that was sent."""

    authenticator: Authenticator
    known: list[AttestedCredentialData]
    sample: dict[str, Any]


@pytest.fixture(scope="module")
def enrolled(photos: Path) -> Enrolled:
    authenticator = Authenticator()
    person = Person(photographs.read(photos / "obama" / "02.jpg"), authenticator=authenticator)
    with running() as fake:
        enrol(fake, person)
        return Enrolled(authenticator, fake.known, fake.samples[0])


@pytest.fixture
def server(enrolled: Enrolled) -> Iterator[FakeServer]:
    with running() as fake:
        fake.known = list(enrolled.known)
        yield fake


@pytest.fixture
def person(photos: Path, enrolled: Enrolled) -> Person:
    mine, theirs = photographs.read(photos / "obama" / "02.jpg"), photographs.read(photos / "biden")
    return Person(mine, theirs, enrolled.authenticator)


def phone(person: Person, fault: Fault | None = None, steps: list[Step] | None = None) -> SoftwarePhone:
    on_step = (steps if steps is not None else []).append
    rng = np.random.default_rng(4)
    return SoftwarePhone(person, fault=fault, on_step=on_step, rng=rng, wait=lambda seconds: None)


def enrol(server: FakeServer, person: Person) -> None:
    phone(person).enrol(f"{server.origin}/t/demo/enrol/token/")


@pytest.mark.requirement("SA-01")
def test_every_step_of_a_sign_in_is_told_in_order(server: FakeServer, person: Person) -> None:
    steps: list[Step] = []
    page = phone(person, steps=steps).sign_in(f"{server.origin}/members")
    assert page.url.endswith("/welcome")
    assert [step.number for step in steps] == list(range(1, 14))


@pytest.mark.requirement("SA-02")
def test_the_phone_always_says_what_it_is(server: FakeServer, person: Person) -> None:
    phone(person).sign_in(f"{server.origin}/members")
    assert {agent["type"] for agent in server.agents} == {"simulator"}


def test_the_same_passkey_gives_the_share_of_the_enrolment(
    server: FakeServer, person: Person, enrolled: Enrolled
) -> None:
    phone(person).sign_in(f"{server.origin}/members")
    assert server.samples[0]["share"] == enrolled.sample["share"]
    assert server.samples[0]["share_kind"] == enrolled.sample["share_kind"] == "prf"


def test_without_prf_the_phone_keeps_a_share_of_its_own(server: FakeServer, person: Person) -> None:
    person.authenticator = Authenticator(supports_prf=False)
    enrol(server, person)
    assert server.samples[0]["share_kind"] == "browser"


def test_a_quality_hint_brings_a_new_try(server: FakeServer, person: Person) -> None:
    server.verdicts = [{"state": "again", "hint": "light"}]
    phone(person).sign_in(f"{server.origin}/members")
    assert len(server.samples) == 2


def test_each_try_shows_the_next_photograph(
    server: FakeServer, person: Person, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = photographs.read(photos / "obama" / "01.jpg", photos / "obama" / "03.jpg")
    shown: list[bool] = []

    def film(photograph: Any, *given: Any, **how: Any) -> Any:
        shown.append(photograph is looks[0])
        return render_burst(photograph, *given, **how)

    monkeypatch.setattr("devtools.phone.phone.render_burst", film)
    server.verdicts = [{"state": "again", "hint": "light"}] * 2
    person.photographs = looks
    phone(person).sign_in(f"{server.origin}/members")
    assert shown == [True, False, True]


def test_a_refusal_and_a_lock_end_the_sign_in(server: FakeServer, person: Person) -> None:
    for state in ("refused", "locked", "expired"):
        server.verdicts = [{"state": state}]
        with pytest.raises(Denied) as denied:
            phone(person).sign_in(f"{server.origin}/members")
        assert (denied.value.step, denied.value.code) == (10, state)


def test_consent_is_given_with_the_first_button(server: FakeServer, person: Person) -> None:
    server.ask_consent = True
    page = phone(person).sign_in(f"{server.origin}/members")
    assert page.url.endswith("/welcome")
    assert server.consents == [{"pending": ["p"], "answer": ["yes"]}]


def test_going_on_without_the_face_sends_no_sample(server: FakeServer, person: Person) -> None:
    server.samples.clear()
    phone(person).sign_in(f"{server.origin}/members", face=False)
    assert server.samples == []


NOTICED_BY_THE_STAND_IN = {
    Fault.FOREIGN_REDIRECT: 1,
    Fault.FOREIGN_BROWSER: 3,
    Fault.UNKNOWN_TRANSACTION: 3,
    Fault.NO_DEVICE_KEY: 4,
    Fault.WRONG_ORIGIN: 4,
    Fault.SKIPPED_PROOF: 6,
    Fault.DECLINED: 5,
    Fault.FOREIGN_SEAL: 10,
    Fault.FOREIGN_SESSION_KEY: 10,
    Fault.DROPPED_FRAME: 10,
    Fault.REORDERED_FRAMES: 10,
    Fault.TRUNCATED_IMAGE: 10,
    Fault.REPLAYED_UPLOAD: 10,
    Fault.DOUBLE_UPLOAD: 8,
    Fault.NO_VERDICT: 11,
    Fault.STOLEN_VERDICT: 11,
    Fault.REPLAYED_CODE: 12,
    Fault.REUSED_TRANSACTION: 13,
}


BY_LABEL = {fault.label: fault for fault in NOTICED_BY_THE_STAND_IN}


@pytest.mark.requirement("SA-01")
@pytest.mark.parametrize("fault", sampled(BY_LABEL, *list(BY_LABEL)[::3]))
def test_a_fault_is_really_made(server: FakeServer, person: Person, fault: Fault) -> None:
    faulty = phone(person, fault)
    if fault is Fault.REPLAYED_UPLOAD:
        earlier = phone(person)
        earlier.sign_in(f"{server.origin}/members")
        faulty.recorded = earlier.recorded
    if fault is Fault.NO_VERDICT:
        server.verdicts = [{"state": "working"}]
    with pytest.raises(Denied) as denied:
        faulty.sign_in(f"{server.origin}/members")
    assert denied.value.step == NOTICED_BY_THE_STAND_IN[fault]


def test_a_wrong_share_differs_from_the_enrolled_one(
    server: FakeServer, person: Person, enrolled: Enrolled
) -> None:
    phone(person, Fault.WRONG_SHARE).sign_in(f"{server.origin}/members")
    assert server.samples[0]["share"] != enrolled.sample["share"]


@pytest.mark.requirement("SA-01")
def test_each_step_has_a_fault_and_each_label_its_fault() -> None:
    assert {fault.step for fault in Fault} == set(range(1, 14))
    assert all(Fault.named(fault.label) is fault for fault in Fault)
    with pytest.raises(ValueError, match="wrong-face"):
        Fault.named("nothing")


def test_photographs_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(photographs.NoPhotograph, match="nowhere"):
        photographs.read(tmp_path / "nowhere.jpg")
    with pytest.raises(photographs.NoPhotograph):
        photographs.read(tmp_path)
