"""Two organisations with two relying parties each: choice, refusal and step-up (SA-03)."""

from pathlib import Path

import pytest

from devtools.demo.organisations import Visitor
from devtools.phone.phone import Step
from devtools.rendering import photographs
from devtools.stack.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.needs("photos"), pytest.mark.requirement("SA-03")]
FLOORS = """
from authsvc.clients.models import RelyingParty
from authsvc.policy.services import current_policy
rows = {row.client_id: row.floor_level for row in RelyingParty.objects.all()}
print(json.dumps([current_policy().models[0], rows]))
"""


def test_each_has_two_relying_parties_a_floor_and_a_model_of_its_own(stack: Stack) -> None:
    first, second = (stack.python(FLOORS, tenant=slug) for slug in ("demo", "town"))
    assert first[0] != second[0]
    assert {"partner": "L1", "vault": "L2"}.items() <= first[1].items()
    assert second[1] == {"library": "L1", "archive": "L2"}


@pytest.mark.requirement("SB-02", "SB-04", "S6.4-03")
def test_a_person_chooses_is_refused_and_steps_up(stack: Stack, photos: Path) -> None:
    steps: list[Step] = []
    looks = photographs.read(photos / "obama" / "01.jpg", photos / "obama" / "03.jpg")
    visitor = Visitor(stack.demo, looks, steps.append)
    visitor.enrol()
    shown = visitor.shows_face()
    assert (shown["acr"], shown["face"]["model"]) == ("urn:visor:L2", stack.demo["town"]["model"])

    strong, weak = visitor.chooses()
    assert (strong["acr"], weak["acr"]) == ("urn:visor:L2", "urn:visor:L1")
    assert (strong["amr"], weak["amr"]) == (["swk", "user", "mfa"], ["swk", "user"])

    refused = visitor.is_refused()
    assert (refused.code, refused.said) == (
        "unmet_authentication_requirements",
        "The authentication did not reach what was asked for.",
    )
    too_much = visitor.asks_too_much()
    assert (too_much.step, too_much.code, too_much.said) == (
        1,
        "unmet_authentication_requirements",
        "None of the essential acr values can be reached here.",
    )

    steps.clear()
    by_session, proven = visitor.steps_up()
    told = [step.number for step in steps]
    # Of the library's session nothing is asked; of the archive's sign-in the passkey is.
    assert told[:3] == [1, 2, 12]
    assert 4 in told[3:]
    assert (by_session["acr"], proven["acr"]) == ("urn:visor:L1", "urn:visor:L2")
    assert by_session["auth_time"] == weak["auth_time"] <= proven["auth_time"]
