"""The reference sequence of Annex A, and a fault at each of its steps that must end in a denial (SA-01)."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from devtools.demo.party import Registered, ScriptedParty
from devtools.phone.desk import Desk, sign_in_across
from devtools.phone.faults import Fault, Way
from devtools.phone.phone import Denied, Person, SoftwarePhone, Step
from devtools.stack.stack import Stack
from tests import models
from tests.campaign import crossed

pytestmark = [pytest.mark.e2e, pytest.mark.needs("photos"), pytest.mark.requirement("SA-01")]

# The step at which the denial is noticed, where it is not the step of the fault itself.
NOTICED_AT = {
    Fault.FOREIGN_BROWSER: 3,
    Fault.SKIPPED_PROOF: 6,
    Fault.FOREIGN_SEAL: 10,
    Fault.WRONG_FACE: 10,
    Fault.STILL_FACE: 10,
    Fault.SWAPPED_FACE: 10,
    Fault.FOREIGN_SESSION_KEY: 10,
    Fault.DROPPED_FRAME: 10,
    Fault.REORDERED_FRAMES: 10,
    Fault.TRUNCATED_IMAGE: 10,
    Fault.REPLAYED_UPLOAD: 10,
    Fault.WRONG_SHARE: 10,
    Fault.OWN_BUNDLE: 10,
    Fault.NO_VERDICT: 11,
    Fault.UNATTESTED: 6,
    Fault.FOREIGN_CHAIN: 10,
    Fault.FOREIGN_ENGINE: 10,
    Fault.FOREIGN_VERSION: 10,
    Fault.FOREIGN_RESULT_KEY: 10,
    Fault.NO_RESULT: 10,
}
OF_A_COMPARISON = {fault.label: fault for fault in Fault if fault.way is Way.COMPARED}
FAULTS = {fault.label: fault for fault in Fault if fault.way is not Way.COMPARED}
# Waiting for a challenge to run out takes two minutes; tests/unit/transactions covers it with the clock.
# Every other one; the demo makes them all.
QUICK = [label for label, fault in FAULTS.items() if fault is not Fault.LATE_UPLOAD][::2]
# The relying party's own, of which a face tells no more.
WITHOUT_A_FACE = {Fault.FOREIGN_VERIFIER, Fault.FOREIGN_PROOF_KEY, Fault.NO_PROOF}
AFTER_A_SIGN_IN = {Fault.REPLAYED_UPLOAD, Fault.REUSED_TRANSACTION, Fault.REPLAYED_CODE}


# A fault can cost the person a try, and of five failed ones a person has to rest.
FAULTS_A_PERSON = 3


@pytest.fixture(scope="module")
def victims(stack: Stack, photos: Path) -> dict[str, Iterator[Person]]:
    """People who are enrolled, by their application model; the same one for a few faults."""
    return {letter: enrolled(stack, photos, letter) for letter in models.LETTERS}


def enrolled(stack: Stack, photos: Path, letter: str) -> Iterator[Person]:
    for number in itertools.count():
        person = models.enrolled(stack, photos, f"victim {number} by {letter}", letter)
        yield from [person] * FAULTS_A_PERSON


def vault(stack: Stack, fault: Fault | None = None) -> ScriptedParty:
    """A sign-in at the demo's relying party that asks and redeems as Annex A has it."""
    return ScriptedParty(Registered(**stack.demo["parties"]["vault"]), fault=fault)


def signed_in(stack: Stack, photos: Path, name: str, letter: str) -> tuple[Person, bytes | None]:
    """A person who has signed in once, and the upload; enrolled anew where the first reference is poor."""
    for _ in range(3):
        person = models.enrolled(stack, photos, name, letter)
        phone = SoftwarePhone(person)
        try:
            phone.sign_in_at(vault(stack))
        except Denied:
            continue
        return person, phone.recorded
    raise AssertionError("three enrolments, and none lets its own person in")


# All that a relying party may ever read in an ID token; what is new must be added here, and thought of.
CLAIMS = {"iss", "aud", "azp", "sub", "iat", "exp", "jti", "auth_time", "nonce", "acr", "amr", "sid"}
CLAIMS |= {"at_hash", "face", "ial", "c_hash", "s_hash", "policy", "name", "email", "email_verified"}


@pytest.mark.requirement("S6.4-01", "S9.4-06", "S6.2-01", "S10-04", "SB-03")
def test_a_person_signs_in_at_the_partner_site(stack: Stack, person: Person) -> None:
    steps: list[Step] = []
    phone = SoftwarePhone(person, on_step=steps.append)
    page = phone.sign_in(f"{stack.partner_url}/members")
    assert page.status_code == 200
    assert list(dict.fromkeys(step.number for step in steps)) == list(range(1, 14))
    claims = phone.browser.get(f"{stack.partner_url}/whoami.json", accept="application/json").json()
    assert claims["iss"] == stack.demo["issuer"]
    assert claims["aud"] in (stack.demo["client_id"], [stack.demo["client_id"]])
    assert claims["acr"] == "urn:visor:L2"
    # Nothing attests the software phone's key, whatever its backup flags say (T08).
    assert claims["amr"] == ["face", "swk", "user", "mfa"]
    assert claims["face"] == {"match": "server", "pad": "remote", "capture": "browser", "model": "G"}
    assert {"sub", "exp", "iat", "jti", "auth_time", "nonce"} <= set(claims) <= CLAIMS
    assert claims["ial"] == "none"


@pytest.mark.requirement("S5.3-02")
def test_a_person_signs_in_without_a_face(stack: Stack, person: Person) -> None:
    phone = SoftwarePhone(person)
    assert phone.sign_in(f"{stack.partner_url}/members", face=False).status_code == 200
    claims = phone.browser.get(f"{stack.partner_url}/whoami.json", accept="application/json").json()
    assert "face" not in claims["amr"]
    assert "face" not in claims
    assert claims["acr"] == "urn:visor:L2"


PUSHED = """
from authsvc.oidc.models import PushedRequest
last = PushedRequest.objects.latest("expires_at")
print(json.dumps([last.parameters, bool(last.dpop_jkt)]))
"""


@pytest.mark.requirement("S9.4-04", "S9.4-05", "S6.4-03")
def test_annex_a_exactly(stack: Stack, person: Person) -> None:
    """The request is pushed with an assertion and demands acr and age; the code is redeemed with DPoP."""
    steps: list[Step] = []
    phone, party = SoftwarePhone(person, on_step=steps.append), vault(stack)
    phone.sign_in_at(party)
    assert list(dict.fromkeys(step.number for step in steps)) == list(range(1, 14))
    [asked] = [url for url in phone.browser.visited if "/authorize?" in url]
    assert set(parse_qs(urlsplit(asked).query)) == {"client_id", "request_uri"}
    assert party.claims["acr"] == "urn:visor:L2"
    assert party.claims["amr"] == ["face", "swk", "user", "mfa"]
    assert set(party.claims) <= CLAIMS
    asked_for, bound = stack.python(PUSHED)
    assert asked_for["max_age"] == "300"
    assert json.loads(asked_for["claims"])["id_token"]["acr"] == {
        "essential": True,
        "values": ["urn:visor:L2"],
    }
    assert bound


def sign_in(phone: SoftwarePhone, party: ScriptedParty, fault: Fault) -> None:
    """Sign in by the way on which the fault is made."""
    if fault.way is Way.HANDED_ON:
        sign_in_across(Desk(), phone, party)
    else:
        phone.sign_in_at(party, face=fault not in WITHOUT_A_FACE)


@pytest.mark.modes("replay", "software phone")
@pytest.mark.requirement("S5.2-01", "S8.2-04", "S8.4-02", "S9.3-05", "S6.4-04", "S6.3-01")
@pytest.mark.parametrize(("fault", "letter"), models.with_each(FAULTS, *QUICK))
def test_every_fault_is_denied(
    stack: Stack, photos: Path, victims: dict[str, Iterator[Person]], fault: Fault, letter: str
) -> None:
    if fault in AFTER_A_SIGN_IN:
        victim, recorded = signed_in(stack, photos, f"fault {fault.label} by {letter}", letter)
    else:
        victim, recorded = next(victims[letter]), None
    phone, party = SoftwarePhone(victim, fault=fault), vault(stack, fault)
    phone.recorded = recorded
    if fault in {Fault.REUSED_TRANSACTION, Fault.REPLAYED_CODE}:
        # Everything up to the fault is as it should be, so a refused capture is tried again.
        phone.tries = 4
    with pytest.raises(Denied) as denied:
        sign_in(phone, party, fault)
    assert denied.value.step == NOTICED_AT.get(fault, fault.step)
    if fault not in {Fault.REPLAYED_CODE, Fault.REUSED_TRANSACTION}:
        assert party.claims == {}


@pytest.mark.modes("replay", "attacks", "software phone")
@pytest.mark.requirement("S8.4-02", "S6.3-01", "S6.3-03")
@pytest.mark.parametrize(
    ("fault", "letter"),
    crossed(OF_A_COMPARISON, {each: each for each in models.COMPARED_BY_PHONES}, sample=4),
)
def test_every_fault_of_a_phone_that_compares_is_denied(
    stack: Stack, victims: dict[str, Iterator[Person]], fault: Fault, letter: str
) -> None:
    phone, party = SoftwarePhone(next(victims[letter]), fault=fault), vault(stack)
    with pytest.raises(Denied) as denied:
        phone.sign_in_at(party)
    assert (denied.value.step, party.claims) == (NOTICED_AT.get(fault, fault.step), {})


LOG = """
from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
last = AuditEvent.objects.filter(tag=Tag.CODE_ISSUED).latest("sequence")
rows = AuditEvent.objects.filter(transaction=last.transaction).order_by("sequence")
print(json.dumps([[row.tag, row.client, row.subject, row.details] for row in rows]))
"""


@pytest.mark.requirement("S9.4-11", "S7-02")
def test_t26_a_sign_in_can_be_told_from_the_log_alone(stack: Stack, person: Person) -> None:
    SoftwarePhone(person).sign_in(f"{stack.partner_url}/members")
    rows = stack.python(LOG)
    told = {tag: details for tag, _, _, details in rows}
    order = ["transaction:opened", "device:proven", "challenge:issued", "sample:accepted", "reference:opened"]
    order += ["verdict:recorded", "transaction:consumed", "code:issued", "token:issued"]
    tags = [tag.partition(":")[2] for tag, _, _, _ in rows]
    assert [tag for tag in tags if tag in order] == order
    verdict = told["transaction:verdict:recorded"]
    assert verdict["agent"]["type"] == "simulator"
    assert verdict["stages"]["comparison"] == "at 1e-4"
    assert set(verdict["stages"].values()) == {"passed", "at 1e-4"}
    code = told["oidc:code:issued"]
    assert (code["policy"], code["face"]["capture"]) == (verdict["policy"], "browser")
    assert verdict["engine"].startswith("sface:")
    assert verdict["record"]
    # Who asked and about whom stands in every step that knows it.
    assert {client for tag, client, _, _ in rows if "reference" not in tag} == {stack.demo["client_id"]}
    assert len({subject for _, _, subject, _ in rows if subject}) == 1


@pytest.mark.requirement("S9.4-12", "S9.4-11")
def test_the_audit_chain_is_whole_after_all_that(stack: Stack, person: Person) -> None:
    assert "whole" in stack.manage("audit", "verify", "--tenant", "demo")
