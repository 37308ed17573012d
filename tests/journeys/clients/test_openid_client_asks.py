"""openid-client asks for a level, for the face and for presence, and hears why it does not get them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from devtools.phone.phone import Person, SoftwarePhone
from devtools.phone.sandbox import go
from devtools.stack.stack import Stack
from tests.journeys.clients.conftest import Provider

pytestmark = [pytest.mark.e2e, pytest.mark.needs("node")]
DRIVER = Path(__file__).with_name("openid_client_asks.mjs")
L1, L2, L4 = "urn:visor:L1", "urn:visor:L2", "urn:visor:L4"
UNMET = "unmet_authentication_requirements"
REGISTER = """
from authsvc.clients.services import register
party, secret = register(name="Node", redirect_uris=[{answer!r}], scopes=["openid"])
print(json.dumps({{"client_id": party.client_id, "client_secret": secret}}))
"""


def demanded(**claims: Any) -> dict[str, str]:
    """The parameter by which essential claims of the ID token are asked for."""
    return {
        "claims": json.dumps(
            {"id_token": {name: {"essential": True, **rest} for name, rest in claims.items()}}
        )
    }


FACE = demanded(amr={"values": ["face"]}, presence={}, acr={"values": [L2]})


class NodeParty:
    """One sign-in by the driver: a relying party without pages, as the software phone takes it."""

    def __init__(self, **order: Any) -> None:
        self.said: dict[str, Any] = {}
        self._order = order

    def __enter__(self) -> Self:
        command, pipe = ["node", str(DRIVER)], subprocess.PIPE
        self._driver = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, bufsize=1)
        return self

    def __exit__(self, *_: object) -> None:
        self._driver.kill()
        self._driver.communicate()

    def ask(self) -> str:
        """Return where it sends the person."""
        return str(self._tell(json.dumps(self._order))["url"])

    def take(self, answer: str) -> None:
        """Give it the answer; `said` is what it makes of it."""
        self.said = self._tell(answer)

    def _tell(self, line: str) -> dict[str, Any]:
        assert self._driver.stdin
        assert self._driver.stdout
        assert self._driver.stderr
        self._driver.stdin.write(f"{line}\n")
        answer = self._driver.stdout.readline()
        assert answer, self._driver.stderr.read()
        said: dict[str, Any] = json.loads(answer)
        return said


@pytest.fixture
def ask(provider: Provider) -> Callable[..., dict[str, Any]]:
    """Ask a person at the sandbox authenticator, and return what openid-client makes of the answer."""

    def asked(parameters: dict[str, str], outcome: str) -> dict[str, Any]:
        home, client = provider.callback, provider.plans["basic"]["client"]
        order = {"issuer": provider.issuer, "redirect_uri": home, "client": client, "parameters": parameters}
        with NodeParty(**order) as party:
            party.take(go(party.ask(), home, outcome=outcome))
            return party.said

    return asked


@pytest.mark.requirement("S6.4-03")
@pytest.mark.parametrize(
    ("parameters", "outcome", "acr"),
    [
        ({"acr_values": f"{L2} {L1}"}, "accepted-l2", L2),
        ({"acr_values": f"{L2} {L1}"}, "accepted-l1", L1),
        (demanded(acr={"values": [L2]}), "accepted-l2", L2),
    ],
)
def test_it_gets_the_level_that_was_reached(
    ask: Callable[..., dict[str, Any]], parameters: dict[str, str], outcome: str, acr: str
) -> None:
    assert ask(parameters, outcome)["claims"]["acr"] == acr


@pytest.mark.requirement("S6.4-03")
@pytest.mark.parametrize(
    ("parameters", "outcome", "why"),
    [
        (
            demanded(acr={"values": [L2]}),
            "accepted-l1",
            "The authentication did not reach what was asked for.",
        ),
        (
            demanded(acr={"values": [L4]}),
            "nobody is asked",
            "None of the essential acr values can be reached here.",
        ),
        (demanded(amr={"values": ["face"]}), "accepted-l2", "The face was demanded, and none was shown."),
        (demanded(presence={}), "accepted-l2", "Presence was demanded, and not shown."),
    ],
)
def test_it_hears_why_it_gets_none(
    ask: Callable[..., dict[str, Any]], parameters: dict[str, str], outcome: str, why: str
) -> None:
    assert ask(parameters, outcome) == {"error": UNMET, "description": why}


@pytest.fixture(scope="module")
def order(stack: Stack) -> dict[str, Any]:
    """A relying party of the demo tenant, which demands face and presence at L2."""
    answer = f"{stack.partner_url}/healthz"
    client = stack.python(REGISTER.format(answer=answer))
    return {"issuer": stack.demo["issuer"], "redirect_uri": answer, "client": client, "parameters": FACE}


@pytest.mark.needs("photos")
@pytest.mark.requirement("S5.3-01")
def test_it_gets_the_face_and_presence(order: dict[str, Any], person: Person) -> None:
    with NodeParty(**order) as party:
        SoftwarePhone(person).sign_in_at(party)
    claims = party.said["claims"]
    assert "face" in claims["amr"]
    assert claims["face"]["capture"] == "browser"
    assert (claims["presence"], claims["acr"]) == (True, L2)


@pytest.mark.needs("photos")
@pytest.mark.requirement("S5.3-02")
def test_who_shows_no_face_is_not_let_in_where_it_is_demanded(order: dict[str, Any], person: Person) -> None:
    with NodeParty(**order) as party:
        SoftwarePhone(person).sign_in_at(party, face=False)
    assert party.said == {"error": UNMET, "description": "The face was demanded, and none was shown."}
