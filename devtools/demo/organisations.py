"""Two organisations with two relying parties each: choice, refusal and step-up as they happen (SA-03)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from devtools.demo.party import Demand, Registered, ScriptedParty
from devtools.phone.faults import Fault
from devtools.phone.phone import Denied, Person, SoftwarePhone, Step
from devtools.rendering.mesh import Image
from rp.client.assurance import Wanted

_CODE: Final = re.compile(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){5}")
EITHER: Final = Demand.wish("urn:visor:L2", "urn:visor:L1")
"""What the library asks for: L2 rather than L1, and L1 too."""


class Visitor:
    """Somebody at the second organisation, with a passkey of their own and one made with a recovery code.

    Each is used in a browser of its own until `steps_up`. Every method raises Denied where it goes otherwise.
    """

    def __init__(
        self, demo: dict[str, Any], photographs: Sequence[Image], on_step: Callable[[Step], None]
    ) -> None:
        self._demo, self._town = demo, demo["town"]
        self._looks, self._on_step = photographs, on_step
        self.own, self.recovered = self._phone(), self._phone()

    def _phone(self) -> SoftwarePhone:
        return SoftwarePhone(Person(self._looks), on_step=self._on_step)

    def enrol(self) -> None:
        """Enrol with passkey and face, lose the phone, and make another passkey with a recovery code."""
        page = self.own.enrol(self._town["enrolment_url"])
        self.own.browser.session.cookies.clear()
        lost = f"{self._town['issuer']}me/lost"
        self.recovered.recover(lost, _CODE.findall(page.text)[0], revoke=False)

    def shows_face(self) -> dict[str, Any]:
        """Sign in at the archive with the face, and return what its token claims."""
        return self._claims("archive", self.own, Demand.of(Wanted("urn:visor:L2")), face=True)

    def chooses(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Sign in at the library with either passkey, and return what the two tokens claim.

        The request is the same, and what was reached differs.
        """
        with_own = self._claims("library", self._elsewhere(), EITHER)
        return with_own, self._claims("library", self.recovered, EITHER)

    def _elsewhere(self) -> SoftwarePhone:
        """Return the own phone with a browser that nobody is signed in with."""
        return SoftwarePhone(self.own.person, on_step=self._on_step)

    def is_refused(self) -> Denied:
        """Ask for the archive with the recovered passkey, and return what the archive hears."""
        try:
            self._claims("archive", self.recovered, Demand.of(Wanted("urn:visor:L2")))
        except Denied as denied:
            return denied
        raise AssertionError("the archive took a passkey that was made with a recovery code")

    def asks_too_much(self) -> Denied:
        """Let the first organisation's vault demand a level that nobody reaches, and return what it hears."""
        vault = Registered(**self._demo["parties"]["vault"])
        try:
            ScriptedParty(vault, fault=Fault.UNREACHABLE_LEVEL).ask()
        except Denied as denied:
            return denied
        raise AssertionError("a level was promised that nobody can reach")

    def steps_up(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Go on in the browser that has a session of L1, and return what library and archive then hear.

        The session is enough for the library, and nothing is asked. The archive needs more: the person finds
        their own passkey again, and proves it.
        """
        by_session = self._claims("library", self.recovered, EITHER)
        self.recovered.person.authenticator = self.own.person.authenticator
        return by_session, self._claims("archive", self.recovered, Demand.of(Wanted("urn:visor:L2")))

    def _claims(
        self, name: str, phone: SoftwarePhone, demand: Demand, *, face: bool = False
    ) -> dict[str, Any]:
        party = ScriptedParty(Registered(**self._town["parties"][name]), demand)
        phone.sign_in_at(party, face=face)
        return party.claims
