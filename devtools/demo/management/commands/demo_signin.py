"""`manage.py demo_signin`: the Annex A sequence with a software phone, and three refusals (SA-01)."""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from devtools.phone.authenticator import Authenticator
from devtools.phone.faults import Fault
from devtools.phone.phone import Denied, Person, SoftwarePhone, Step
from devtools.rendering import photographs


@dataclass(frozen=True, slots=True)
class Refusal:
    """One attempt that must be denied: what is tried, the fault, and the steps at which a denial is right."""

    title: str
    fault: Fault
    steps: tuple[int, ...]


REFUSALS = (
    Refusal("another person's face with the right device", Fault.WRONG_FACE, (10,)),
    Refusal("the right face without the device key", Fault.NO_DEVICE_KEY, (4,)),
    Refusal("a replayed upload of the sign-in above", Fault.REPLAYED_UPLOAD, (8, 10)),
)


# Of the claims above, as docs/assurance.md has it.
WORTH = (
    "acr    L2 is what the passkey alone earns: it verified its user. The face raised nothing.",
    "amr    swk: nothing attests the software phone's key, so it counts as software.",
    "       face: compared on the server, judged by an evaluated engine, no sign of an attack.",
    "face   capture: browser. Whoever controls the page controls the camera; only an attested",
    "       agent carries a face to L3.",
)


class Command(BaseCommand):
    """Enrols, signs in at the partner site, renews, tries the refusals; fails where one goes otherwise."""

    help = "Show an enrolment, a sign-in, a renewal and three refusals with the software phone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, default=Path(settings.DATA_DIR) / "demo.json")
        parser.add_argument("--photos", type=Path, default=Path(settings.PHOTOS_DIR))

    def handle(self, **options: Any) -> None:
        """Run the demonstration. Raises CommandError."""
        try:
            self._demonstrate(json.loads(options["data"].read_text(encoding="utf-8")), options["photos"])
        except Denied as denied:
            raise CommandError(f"Denied where it should have gone well, at {denied}.") from None
        except (photographs.NoPhotograph, OSError, requests.RequestException) as problem:
            raise CommandError(str(problem)) from None

    def _demonstrate(self, demo: dict[str, Any], photos: Path) -> None:
        passkeys = Authenticator()
        owner, other = photos / "obama", photos / "biden"
        self._title("Enrolment: one photograph, a passkey, consent")
        enrolling = Person(photographs.read(owner / "01.jpg"), authenticator=passkeys)
        SoftwarePhone(enrolling, on_step=self._print).enrol(demo["enrolment_url"])
        self._title(f"Sign-in at {demo['partner']} with another photograph")
        person = Person(photographs.read(owner / "03.jpg"), photographs.read(other), passkeys)
        phone = SoftwarePhone(person, on_step=self._print)
        phone.sign_in(f"{demo['partner']}/members")
        call_command("audit", "verify", stdout=self.stdout)
        self._title("The ID token's claims, as the partner site received them")
        claims = _claims(phone, demo["partner"])
        self.stdout.write(json.dumps(claims, indent=2))
        self._title("What they are worth")
        self.stdout.write("\n".join(WORTH))
        self._title("Once more, in other light: a second moment for what is kept of the face")
        SoftwarePhone(person, on_step=self._print).renew(f"{demo['issuer']}moments/")
        wrong = [refusal.title for refusal in REFUSALS if not self._refused(refusal, person, phone, demo)]
        if wrong:
            raise CommandError(f"Not refused as told: {'; '.join(wrong)}")
        self._title("All went as told")

    def _refused(
        self, refusal: Refusal, person: Person, earlier: SoftwarePhone, demo: dict[str, Any]
    ) -> bool:
        """Tell whether the attempt is denied at the right step, and the partner site lets nobody in."""
        self._title(f"Attack: {refusal.title}")
        phone = SoftwarePhone(person, fault=refusal.fault, on_step=self._print)
        phone.recorded = earlier.recorded
        try:
            phone.sign_in(f"{demo['partner']}/members")
        except Denied as denied:
            self.stdout.write(f"     refused at {denied}")
            return denied.step in refusal.steps and not _claims(phone, demo["partner"])
        self.stdout.write(self.style.ERROR("     NOT refused"))
        return False

    def _title(self, text: str) -> None:
        self.stdout.write(self.style.MIGRATE_HEADING(f"\n{text}"))

    @property
    def _print(self) -> Callable[[Step], None]:
        return lambda step: self.stdout.write(f"({step.number:2}) {step.title:<66}{step.ms:8.0f} ms")


def _claims(phone: SoftwarePhone, partner: str) -> dict[str, Any]:
    """Return the ID token's claims in the phone's session at the partner site, or nothing without one."""
    answer = phone.browser.get(f"{partner}/whoami.json", accept="application/json")
    claims: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
    return claims
