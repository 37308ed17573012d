"""The reference sequence of Annex A, and a fault at each of its steps that must end in a denial (SA-01)."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.phone.faults import Fault
from devtools.phone.phone import Denied, Person, SoftwarePhone, Step
from devtools.stack.stack import Stack
from tests.product import enrolled

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
    Fault.NO_VERDICT: 11,
}
# Waiting for a challenge to run out takes two minutes; tests/unit/transactions covers it with the clock.
TOO_SLOW = {Fault.LATE_UPLOAD}
AFTER_A_SIGN_IN = {Fault.REPLAYED_UPLOAD, Fault.REUSED_TRANSACTION, Fault.REPLAYED_CODE}


# A fault can cost the person a try, and of five failed ones a person has to rest.
FAULTS_A_PERSON = 3


@pytest.fixture(scope="module")
def victims(stack: Stack, photos: Path) -> Iterator[Person]:
    """People who are enrolled, the same one for a few faults."""
    return (
        person
        for number in itertools.count()
        for person in [enrolled(stack, photos, f"victim {number}")] * FAULTS_A_PERSON
    )


def signed_in(stack: Stack, photos: Path, name: str) -> tuple[Person, bytes | None]:
    """A person who has signed in once, and the upload; enrolled anew where the first reference is poor."""
    for _ in range(3):
        person = enrolled(stack, photos, name)
        phone = SoftwarePhone(person)
        try:
            phone.sign_in(f"{stack.partner_url}/members")
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


@pytest.mark.requirement("S5.2-01", "S8.2-04", "S8.4-02", "S9.3-05", "S6.4-04")
@pytest.mark.parametrize(
    "fault", [fault for fault in Fault if fault not in TOO_SLOW], ids=lambda fault: fault.label
)
def test_every_fault_is_denied(stack: Stack, photos: Path, victims: Iterator[Person], fault: Fault) -> None:
    if fault in AFTER_A_SIGN_IN:
        victim, recorded = signed_in(stack, photos, f"fault {fault.label}")
    else:
        victim, recorded = next(victims), None
    phone = SoftwarePhone(victim, fault=fault)
    phone.recorded = recorded
    if fault in {Fault.REUSED_TRANSACTION, Fault.REPLAYED_CODE}:
        # Everything up to the fault is as it should be, so a refused capture is tried again.
        phone.tries = 4
    with pytest.raises(Denied) as denied:
        phone.sign_in(f"{stack.partner_url}/members")
    assert denied.value.step == NOTICED_AT.get(fault, fault.step)
    if fault not in {Fault.REPLAYED_CODE, Fault.REUSED_TRANSACTION, Fault.DOUBLE_UPLOAD}:
        assert (
            phone.browser.get(f"{stack.partner_url}/whoami.json", accept="application/json").status_code
            != 200
        )


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
