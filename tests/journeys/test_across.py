"""W2 by program: a desk begins, and the software phone scans its code, types its number and proves."""

import pytest

from devtools.demo.party import Registered, ScriptedParty
from devtools.phone.desk import Desk, sign_in_across
from devtools.phone.phone import Person, SoftwarePhone, Step
from devtools.stack.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.needs("photos")]


@pytest.mark.requirement("S9.4-06")
def test_a_phone_shows_the_face_for_what_a_desk_began(stack: Stack, person: Person) -> None:
    steps: list[Step] = []
    phone = SoftwarePhone(person, on_step=steps.append)
    party = ScriptedParty(Registered(**stack.demo["parties"]["vault"]))
    sign_in_across(Desk(), phone, party)
    assert (party.claims["acr"], party.claims["handoff"]) == ("urn:visor:L2", "number")
    assert party.claims["face"]["match"] == "server"
    assert [step.number for step in steps][:2] == [2, 2]


def test_the_partner_site_offers_it_and_says_what_two_devices_proved(stack: Stack, person: Person) -> None:
    desk = Desk()
    page = sign_in_across(desk, SoftwarePhone(person), f"{stack.partner_url}/members", face=False)
    assert page.status_code == 200
    assert "A phone proved it, after you typed there the number that this device showed" in page.text
    claims = desk.browser.get(f"{stack.partner_url}/whoami.json", accept="application/json").json()
    assert claims["handoff"] == "number"
