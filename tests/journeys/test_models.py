"""Each application model end to end, by the software phone: from enrolment to the move to another model."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from authsvc.core.application_models import application_model
from authsvc.privacy.notice import WHERE
from devtools.phone.authenticator import Authenticator
from devtools.phone.faults import Fault
from devtools.phone.phone import Denied, Person, SoftwarePhone
from devtools.stack.stack import Stack
from tests import models
from tests.models import KEPT_BY_PHONES, enrolled, keeping
from tests.product import presence_of

pytestmark = [pytest.mark.e2e, pytest.mark.needs("photos"), pytest.mark.requirement("S6.3-02")]
TOLD = """
from authsvc.privacy.models import ConsentReceipt
from authsvc.subjects.models import Subject
from authsvc.vault.ageing import moments_of
from authsvc.vault.models import Reference
who = Subject.objects.get(name={name!r})
active = Reference.objects.filter(status="active")
print(json.dumps({{
    "model": active.filter(pk=who.reference).values_list("model", flat=True).first(),
    "moments": len(moments_of(who)),
    "notices": list(ConsentReceipt.objects.filter(subject=who).values_list("notice_version", flat=True)),
}}))
"""
ACT = """
from authsvc.management import faces, people
from authsvc.management.actors import COMMAND_LINE
from authsvc.subjects.models import Subject
who = Subject.objects.get(name={name!r})
"""
WITHDRAW = "faces.withdraw(by=COMMAND_LINE, subject=who)"
REVOKE_ALL = """
for device in who.devices.filter(status="active"):
    people.revoke_device(by=COMMAND_LINE, device=device)
"""
LINK = """
from authsvc.enrolment.services import create_link
print(json.dumps(create_link(subject=who, created_by="test")[1]))
"""
FLOWS_REFUSED = """
from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
print(json.dumps(AuditEvent.objects.filter(tag=Tag.FLOW_REFUSED).count()))
"""


def about(stack: Stack, name: str) -> dict[str, Any]:
    told: dict[str, Any] = stack.python(TOLD.format(name=name))
    return told


def act(stack: Stack, name: str, code: str) -> Any:
    return stack.python(ACT.format(name=name) + code)


def bundles(person: Person) -> list[bytes]:
    held = person.authenticator.credentials
    return [each for credential in held for kept in credential.bundles.values() for each in kept]


def signed_in(stack: Stack, person: Person) -> dict[str, Any]:
    """Sign in, with the face where there is one, and return the claims that the site got."""
    phone = SoftwarePhone(person)
    assert phone.sign_in(f"{stack.partner_url}/members").status_code == 200
    claims: dict[str, Any] = phone.browser.get(
        f"{stack.partner_url}/whoami.json", accept="application/json"
    ).json()
    return claims


def refused(stack: Stack, person: Person, fault: Fault | None = None) -> Denied:
    """Try to sign in with the face, to no avail; return at which step."""
    with pytest.raises(Denied) as denied:
        SoftwarePhone(person, fault=fault, tries=1).sign_in(f"{stack.partner_url}/members")
    return denied.value


def page(stack: Stack, path: str) -> str:
    return urljoin(stack.demo["issuer"], path)


@pytest.mark.modes("enrolment", "sign-in", "token", "notice", "software phone")
@pytest.mark.requirement("S6.3-01", "SA-01", "S10-07")
@pytest.mark.parametrize("letter", models.by_turns(3))
def test_a_person_is_told_where_enrols_and_signs_in(stack: Stack, photos: Path, letter: str) -> None:
    row = application_model(letter)
    assert row is not None
    with keeping(stack, letter):
        link = stack.new_link(f"Reads of {letter}")
        offer = SoftwarePhone(Person([])).browser.get(link, accept="application/json").json()
    assert offer["notice"]["where"] == " ".join(map(str, WHERE[row.stored, row.compared, bool(row.shares)]))
    person = enrolled(stack, photos, f"Enrols by {letter}", letter)
    assert len(bundles(person)) == (1 if letter in KEPT_BY_PHONES else 0)
    claims = signed_in(stack, person)
    assert claims["face"] == {
        "match": "device" if row.sends_to_phone else "server",
        "pad": "remote",
        # A program that the test root vouches for; nothing vouches for the other phones.
        "capture": "native" if row.sends_to_phone else "browser",
        "model": letter,
    }
    assert "face" in claims["amr"]
    assert claims["acr"] == "urn:visor:L2"


@pytest.mark.modes("attacks")
@pytest.mark.requirement("S6.3-01")
@pytest.mark.parametrize("letter", models.by_turns(1))
def test_a_reference_of_the_phones_own_making_is_refused(stack: Stack, photos: Path, letter: str) -> None:
    """Where the model lists no such flow, that is refused and recorded; where it does, it opens nothing."""
    person, before = enrolled(stack, photos, f"Own bundle by {letter}", letter), stack.python(FLOWS_REFUSED)
    assert refused(stack, person, Fault.OWN_BUNDLE).step == 10
    assert stack.python(FLOWS_REFUSED) == before + (0 if letter in KEPT_BY_PHONES else 1)


@pytest.mark.whole
@pytest.mark.modes("second passkey")
@pytest.mark.requirement("S8.2-04")
@pytest.mark.parametrize("letter", models.by_turns(0))
def test_a_second_passkey_opens_the_face_alone(stack: Stack, photos: Path, letter: str) -> None:
    person = enrolled(stack, photos, f"Two passkeys by {letter}", letter)
    done = SoftwarePhone(person).add_passkey(page(stack, "passkeys/"))
    assert "Your second passkey works" in done.text
    first, second = person.authenticator.credentials
    person.authenticator.credentials = [second]
    assert signed_in(stack, person)["face"]["model"] == letter
    if letter in KEPT_BY_PHONES:
        # What the first keeps is no use to the second.
        second.bundles = dict(first.bundles)
        assert refused(stack, person).step == 10


@pytest.mark.whole
@pytest.mark.modes("renewal")
@pytest.mark.requirement("S5.2-05")
@pytest.mark.parametrize("letter", models.by_turns(2))
def test_a_renewal_counts_from_the_next_sign_in_on(stack: Stack, photos: Path, letter: str) -> None:
    name = f"Renews by {letter}"
    person = enrolled(stack, photos, name, letter)
    before = about(stack, name)["moments"]
    assert "Your face is renewed" in SoftwarePhone(person).renew(page(stack, "moments/")).text
    after = about(stack, name)["moments"]
    assert (before, after) == (1, 2)
    assert len(bundles(person)) == (after if letter in KEPT_BY_PHONES else 0)
    assert signed_in(stack, person)["face"]["model"] == letter


@pytest.mark.modes("lost phone")
@pytest.mark.requirement("S10-03")
@pytest.mark.parametrize("letter", models.by_turns(1))
def test_who_lost_the_phone_enrols_anew_and_the_old_one_is_let_in_no_more(
    stack: Stack, photos: Path, letter: str
) -> None:
    name = f"Loses the phone by {letter}"
    lost = enrolled(stack, photos, name, letter)
    act(stack, name, REVOKE_ALL)
    found = replace(lost, authenticator=Authenticator())
    with keeping(stack, letter):
        SoftwarePhone(found).enrol(act(stack, name, LINK))
    assert signed_in(stack, found)["face"]["model"] == letter
    assert refused(stack, lost).step == 4
    assert about(stack, name)["model"] == letter


@pytest.mark.whole
@pytest.mark.modes("lost phone")
@pytest.mark.requirement("S5.3-02")
@pytest.mark.parametrize("letter", models.by_turns(2))
def test_who_lost_what_the_browser_kept_signs_in_without_the_face(
    stack: Stack, photos: Path, letter: str
) -> None:
    """The passkey is there still, as one that is copied between devices is; the bundles are not."""
    person = enrolled(stack, photos, f"Clears the browser by {letter}", letter)
    for credential in person.authenticator.credentials:
        credential.bundles.clear()
    if letter in KEPT_BY_PHONES:
        assert refused(stack, person).step == 10
        without = SoftwarePhone(person).sign_in(f"{stack.partner_url}/members", face=False)
        assert without.status_code == 200
    else:
        assert signed_in(stack, person)["face"]["model"] == letter


@pytest.mark.modes("revocation")
@pytest.mark.requirement("S10-03", "S9.2-11")
@pytest.mark.parametrize("letter", models.by_turns(2))
def test_what_is_withdrawn_opens_no_more_whatever_is_kept(stack: Stack, photos: Path, letter: str) -> None:
    name = f"Withdraws by {letter}"
    person = enrolled(stack, photos, name, letter)
    old = [dict(each.bundles) for each in person.authenticator.credentials]
    act(stack, name, WITHDRAW)
    assert about(stack, name)["model"] is None
    assert "face" not in signed_in(stack, person)  # who has none is asked for none
    with keeping(stack, letter):
        SoftwarePhone(person).enrol(act(stack, name, LINK))
    assert signed_in(stack, person)["face"]["model"] == letter
    if letter in KEPT_BY_PHONES:
        newest = person.authenticator.credentials[-1]
        (dead,) = old[0].values()
        newest.bundles = dict.fromkeys(newest.bundles, dead)
        assert refused(stack, person).step == 10


@pytest.mark.modes("moving")
@pytest.mark.requirement("S10-05")
@pytest.mark.parametrize("letter", models.moves())
def test_a_person_moves_to_another_model_by_a_new_consent_and_enrolment_alone(
    stack: Stack, photos: Path, letter: tuple[str, str]
) -> None:
    before, after = letter
    name = f"Moves from {before} to {after}"
    person = enrolled(stack, photos, name, before)
    said = about(stack, name)["notices"]
    with keeping(stack, after):
        assert signed_in(stack, person)["face"]["model"] == before  # nobody is converted
        models.allow(stack, after)
        assert refused(stack, person).code.startswith("refused")  # nor does it count where it is not allowed
        SoftwarePhone(person).enrol(act(stack, name, LINK))
        assert signed_in(stack, person)["face"]["model"] == after
    told = about(stack, name)
    assert (told["model"], told["moments"]) == (after, 1)
    assert len(set(told["notices"]) - set(said)) == 1


@pytest.mark.whole
@pytest.mark.modes("attacks")
@pytest.mark.requirement("S8.1-05", "S6.1-02")
@pytest.mark.parametrize("letter", KEPT_BY_PHONES)
def test_another_persons_bundles_open_nothing(stack: Stack, photos: Path, letter: str) -> None:
    thief, victim = (enrolled(stack, photos, f"{who} by {letter}", letter) for who in ("Thief", "Victim"))
    (own,), (theirs,) = (each.authenticator.credentials for each in (thief, victim))
    own.bundles = dict.fromkeys(own.bundles, next(iter(theirs.bundles.values())))
    assert refused(stack, thief).step == 10
    theirs.bundles = {name: [] for name in theirs.bundles}
    assert refused(stack, victim).step == 10


def claims_of(stack: Stack, phone: SoftwarePhone) -> dict[str, object]:
    answer = phone.browser.get(f"{stack.partner_url}/whoami.json", accept="application/json")
    said: dict[str, object] = answer.json() if answer.status_code == 200 else {}
    return said


PASSKEY = ["swk", "user", "mfa"]
# What is not listed, what was sent before, and who does not move.
NOT_LET_IN = (
    Fault.WRONG_SHARE,
    Fault.OWN_BUNDLE,
    Fault.UNASKED_FETCH,
    Fault.REPLAYED_UPLOAD,
    Fault.STILL_FACE,
)
SEEN = {"match": "none", "pad": "remote", "capture": "browser", "model": "D"}


@pytest.mark.modes("enrolment", "sign-in", "token", "software phone", "replay", "attacks", models="D")
@pytest.mark.requirement("S5.3-02", "S6.3-01", "S6.3-04", "SA-01")
def test_a_living_person_is_shown_where_a_site_asks_and_nothing_is_kept(stack: Stack, photos: Path) -> None:
    person = enrolled(stack, photos, "A person of model D", "D")
    assert bundles(person) == []
    phone = SoftwarePhone(person)
    assert phone.sign_in(f"{stack.partner_url}/members").status_code == 200
    said = claims_of(stack, phone)
    assert (said["amr"], said.keys() & {"face", "presence"}) == (PASSKEY, set())
    phone = SoftwarePhone(person)
    assert phone.sign_in(presence_of(stack)).status_code == 200
    said = claims_of(stack, phone)
    assert (said["acr"], said["amr"], said["face"], said["presence"]) == ("urn:visor:L2", PASSKEY, SEEN, True)
    for fault in NOT_LET_IN:
        faulty = SoftwarePhone(person, fault=fault)
        faulty.recorded = phone.recorded
        with pytest.raises(Denied) as denied:
            faulty.sign_in(presence_of(stack))
        assert (fault, denied.value.step) == (fault, 10)
        assert claims_of(stack, faulty) == {}


@pytest.mark.modes("token", models="D")
@pytest.mark.requirement("S5.3-01", "SB-01")
def test_what_was_compared_with_nothing_is_no_face_and_presence_takes_a_camera(
    stack: Stack, photos: Path
) -> None:
    person = enrolled(stack, photos, "A person of model D, with another before the camera", "D")
    wants_a_face = f"{stack.partner_url}/oidc/authenticate/?face=1&next=/members"
    for start, face in ((wants_a_face, True), (presence_of(stack), False)):
        phone = SoftwarePhone(person)
        page = phone.sign_in(start, face=face)
        assert "error=unmet_authentication_requirements" in page.url
        assert claims_of(stack, phone) == {}
    # Whoever holds the passkey and unlocks it: nobody compares who is before the camera, and nothing says so.
    phone = SoftwarePhone(person, fault=Fault.WRONG_FACE)
    phone.tries = 4
    assert phone.sign_in(presence_of(stack)).status_code == 200
    assert claims_of(stack, phone)["amr"] == PASSKEY
