"""`manage.py demo_signin`: the Annex A sequence with a software phone, and what must be refused (SA-01)."""

import json
import os
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from authsvc.core.application_models import ApplicationModel, application_model
from devtools.demo.organisations import Visitor
from devtools.demo.party import ANNEX_A, THERE, Registered, ScriptedParty
from devtools.laboratory.device_engine import ServersOwnEngine
from devtools.phone.authenticator import Authenticator
from devtools.phone.desk import Desk, sign_in_across
from devtools.phone.faults import Fault
from devtools.phone.phone import Denied, Person, SoftwarePhone, Step
from devtools.rendering import photographs

WORKFLOWS = ("W1", "W2")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One attempt that must be denied: what is tried, the fault, and the steps at which a denial is right."""

    title: str
    fault: Fault
    steps: tuple[int, ...]


ALWAYS = (
    Refusal("a relying party that signs with another key", Fault.FOREIGN_CLIENT_KEY, (1,)),
    Refusal("the right face without the device key", Fault.NO_DEVICE_KEY, (4,)),
    Refusal("a replayed upload of the sign-in above", Fault.REPLAYED_UPLOAD, (8, 10)),
    Refusal("a sealed reference of the phone's own making", Fault.OWN_BUNDLE, (10,)),
    Refusal("a code redeemed with another key than it was asked for", Fault.FOREIGN_PROOF_KEY, (12,)),
)
WHERE_COMPARED = (Refusal("another person's face with the right device", Fault.WRONG_FACE, (10,)), *ALWAYS)
WHERE_SEEN = (
    Refusal("a face that does not move as it is asked to", Fault.STILL_FACE, (10,)),
    Refusal("a share of a reference, which nobody asked for", Fault.WRONG_SHARE, (10,)),
    Refusal("a reference to be sent down, which nobody keeps", Fault.UNASKED_FETCH, (10,)),
    *ALWAYS,
)
BY_THE_PHONE = (
    Refusal("a program that nothing vouches for, as a page is one", Fault.UNATTESTED, (6,)),
    Refusal("the reference that was sent, fetched a second time", Fault.SECOND_FETCH, (6,)),
    Refusal("a result on other pictures than those that it sends", Fault.FOREIGN_CHAIN, (10,)),
    Refusal("a result by an engine that nobody measured", Fault.FOREIGN_ENGINE, (10,)),
)
"""What goes up under the chosen model, and what a capture is for: a comparison, or to see somebody."""


# Of the claims above, as docs/assurance.md has it.
COMPARED_IS_WORTH = (
    "acr    L2 is what the passkey alone earns: it verified its user. The face raised nothing.",
    "amr    swk: nothing attests the software phone's key, so it counts as software.",
    "       face: compared on the server, judged by an evaluated engine, no sign of an attack.",
    "face   capture: browser. Whoever controls the page controls the camera; only an attested",
    "       agent carries a face to L3.",
)
SAID_IS_WORTH = (
    "acr    L2 is what the passkey alone earns: it verified its user. The face raised nothing.",
    "amr    swk: nothing attests the software phone's key, so it counts as software.",
    "       face: compared on the phone, which the test root vouches for; sandboxes alone trust it.",
    "face   match: device. A page that says so earns no face, and is sent no reference.",
)
SEEN_IS_WORTH = (
    "acr       L2 is what the passkey alone earns: it verified its user. The camera raised nothing.",
    "amr       swk: nothing attests the software phone's key. No face: none was compared.",
    "face      match: none. The phone's own unlock may have been a PIN, and anybody may have been",
    "          before the camera; pad: remote. A server looked for a living person.",
    "presence  true: the partner site asked for it, and a living person was there.",
)


class Command(BaseCommand):
    """Enrols, signs in, renews, tries what must be refused, hands on, and visits the second organisation."""

    help = "Show an enrolment, a sign-in, a renewal, refusals, a hand-off and two organisations."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, default=Path(settings.DATA_DIR) / "demo.json")
        parser.add_argument("--photos", type=Path, default=Path(settings.PHOTOS_DIR))
        workflow = os.environ.get("WORKFLOW", WORKFLOWS[0])
        parser.add_argument("--workflow", default=workflow, help="W1: one device; W2: a desk and the phone")

    def handle(self, **options: Any) -> None:
        """Run the demonstration. Raises CommandError."""
        if options["workflow"] not in WORKFLOWS:
            raise CommandError(f"WORKFLOW={options['workflow']}: must be of {', '.join(WORKFLOWS)}")
        try:
            demo = json.loads(options["data"].read_text(encoding="utf-8"))
            self._demonstrate(demo, options["photos"], across=options["workflow"] == "W2")
        except Denied as denied:
            raise CommandError(f"Denied where it should have gone well, at {denied}.") from None
        except (photographs.NoPhotograph, OSError, requests.RequestException) as problem:
            raise CommandError(str(problem)) from None

    def _demonstrate(self, demo: dict[str, Any], photos: Path, *, across: bool) -> None:
        passkeys, model = Authenticator(), _row(demo["model"])
        owner, other = photos / "obama", photos / "biden"
        what = "one photograph, a passkey, consent" if model.keeps else "a passkey, consent, and no camera"
        self._title(f"Enrolment: {what}")
        enrolling = Person(photographs.read(owner / "01.jpg"), authenticator=passkeys)
        SoftwarePhone(enrolling, on_step=self._print).enrol(demo["enrolment_url"])
        self._say_where(model, passkeys)
        looks = photographs.read(owner / "03.jpg"), photographs.read(other)
        person = Person(*looks, passkeys, ServersOwnEngine())
        phone = self._sign_in(person, demo, across=across)
        if model.keeps:
            self._title("Once more, in other light: a second moment for what is kept of the face")
            SoftwarePhone(person, on_step=self._print).renew(f"{demo['issuer']}moments/")
        refusals = _refusals(model)
        wrong = [refusal.title for refusal in refusals if not self._refused(refusal, person, phone, demo)]
        wrong += self._hand_on(person, demo)
        wrong += self._visit_the_town(demo, photos)
        if wrong:
            raise CommandError(f"Not as told: {'; '.join(wrong)}")
        self._title("All went as told")

    def _sign_in(self, person: Person, demo: dict[str, Any], *, across: bool) -> SoftwarePhone:
        """Sign in at the relying party that asks as Annex A has it; return the phone."""
        party, phone = _vault(demo), SoftwarePhone(person, on_step=self._print)
        self._title("Sign-in at Harbour Vault with another photograph" + (", begun at a desk" * across))
        if across:
            sign_in_across(Desk(), phone, party)
        else:
            phone.sign_in_at(party)
        call_command("audit", "verify", stdout=self.stdout)
        self._title("The ID token's claims, as the relying party received them")
        self.stdout.write(json.dumps(party.claims, indent=2))
        self._title("What they are worth")
        self.stdout.write("\n".join(_worth(_row(demo["model"]))))
        return phone

    def _say_where(self, row: ApplicationModel, passkeys: Authenticator) -> None:
        bundles = [each for held in passkeys.credentials for kept in held.bundles.values() for each in kept]
        self._title(f"Where the reference lies: model {row.letter}")
        highest = f"L{row.earns}" if row.compares else "what the passkey earns"
        self.stdout.write(f"stored: {row.stored}; compared: {row.compared}; highest level: {highest}")
        self.stdout.write(f"up: {', '.join(row.crossing.up)}; down: {', '.join(row.crossing.down)}")
        self.stdout.write(f"kept on the phone: {sum(map(len, bundles))} bytes, sealed")

    def _refused(
        self, refusal: Refusal, person: Person, earlier: SoftwarePhone, demo: dict[str, Any]
    ) -> bool:
        """Tell whether the attempt is denied at the right step, and the relying party lets nobody in."""
        self._title(f"Attack: {refusal.title}")
        phone = SoftwarePhone(person, fault=refusal.fault, on_step=self._print)
        phone.recorded = earlier.recorded
        party = _vault(demo, refusal.fault)
        try:
            # What the relying party alone does wrong takes no camera, but where it asks for one.
            face = refusal.steps != (12,) or not _row(demo["model"]).compares
            phone.sign_in_at(party, face=face)
        except Denied as denied:
            self.stdout.write(f"     refused at {denied}")
            return denied.step in refusal.steps and not party.claims
        self.stdout.write(self.style.ERROR("     NOT refused"))
        return False

    def _hand_on(self, person: Person, demo: dict[str, Any]) -> list[str]:
        """Begin at the partner site in one browser and prove with the phone; return what went otherwise."""
        start = f"{demo['partner']}/members"
        self._title(f"Two devices: {demo['partner']} in one browser, the passkey on the phone (W2)")
        desk = Desk()
        sign_in_across(desk, SoftwarePhone(person, on_step=self._print), start, face=False)
        claims = desk.browser.get(f"{demo['partner']}/whoami.json", accept="application/json").json()
        self._say("the site's token", claims, "acr", "handoff")
        self._title("Attack: another number on the phone than the desk shows")
        phone = SoftwarePhone(person, fault=Fault.WRONG_NUMBER, on_step=self._print)
        try:
            sign_in_across(Desk(), phone, start, face=False)
        except Denied as denied:
            self.stdout.write(f"     refused at {denied}")
            return [] if claims.get("handoff") == "number" else ["a hand-off that no token tells of"]
        return ["a wrong number"]

    def _visit_the_town(self, demo: dict[str, Any], photos: Path) -> list[str]:
        """Show choice, refusal and step-up at the second organisation; return what went otherwise."""
        looks = photographs.read(photos / "obama" / "01.jpg", photos / "obama" / "03.jpg")
        visitor = Visitor(demo, looks, self._print)
        self._title("Another organisation: Demo Town, which keeps faces by model " + demo["town"]["model"])
        visitor.enrol()
        self._say("Town Archive, with the face", visitor.shows_face(), "acr", "amr", "face")
        self._title("Choice: Town Library takes either passkey, and its tokens say which")
        strong, weak = visitor.chooses()
        self._say("with the own passkey", strong, "acr", "amr")
        self._say("with one made by a recovery code", weak, "acr", "amr")
        self._title("Refusal: Town Archive has a floor of L2, and nobody reaches L4 yet")
        refused, too_much = visitor.is_refused(), visitor.asks_too_much()
        self.stdout.write(f"     Town Archive hears {refused}\n     Harbour Vault hears {too_much}")
        self._title("Step-up: the session of L1 is enough for the library, and the archive asks again")
        by_session, proven = visitor.steps_up()
        self._say("Town Library, by the session", by_session, "acr", "auth_time")
        self._say("Town Archive, proven anew", proven, "acr", "auth_time")
        reached = [claims["acr"][-2:] for claims in (strong, weak, by_session, proven)]
        return [] if reached == ["L2", "L1", "L1", "L2"] else [f"the levels {reached}"]

    def _say(self, where: str, claims: dict[str, Any], *names: str) -> None:
        told = ", ".join(f"{name} {json.dumps(claims.get(name))}" for name in names)
        self.stdout.write(f"     {where}: {told}")

    def _title(self, text: str) -> None:
        self.stdout.write(self.style.MIGRATE_HEADING(f"\n{text}"))

    @property
    def _print(self) -> Callable[[Step], None]:
        return lambda step: self.stdout.write(f"({step.number:2}) {step.title:<66}{step.ms:8.0f} ms")


def _vault(demo: dict[str, Any], fault: Fault | None = None) -> ScriptedParty:
    """Return a sign-in there as Annex A has it; where no face is compared it asks for presence."""
    demand = ANNEX_A if _row(demo["model"]).compares else THERE
    return ScriptedParty(Registered(**demo["parties"]["vault"]), demand, fault=fault)


def _refusals(row: ApplicationModel) -> tuple[Refusal, ...]:
    by_phone = BY_THE_PHONE if row.sends_to_phone else ()
    return (*(WHERE_COMPARED if row.compares else WHERE_SEEN), *by_phone)


def _worth(row: ApplicationModel) -> tuple[str, ...]:
    if row.sends_to_phone:
        return SAID_IS_WORTH
    return COMPARED_IS_WORTH if row.compares else SEEN_IS_WORTH


def _row(letter: str) -> ApplicationModel:
    row = application_model(letter)
    assert row is not None
    return row
