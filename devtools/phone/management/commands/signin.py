"""`manage.py signin`: the software phone signs in once at a relying party of a running server."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError

from devtools.phone.authenticator import Authenticator
from devtools.phone.faults import Fault, Way
from devtools.phone.phone import Denied, Person, SoftwarePhone, Step
from devtools.rendering import photographs
from devtools.rendering.face3d import NoFace


class Command(BaseCommand):
    """Prints each numbered step of the Annex A sequence with its duration; fails where it is denied."""

    help = "Run one sign-in with the software phone (sandbox tenants only)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--photos", type=Path, required=True, help="the person's photographs")
        parser.add_argument("--subject", default="", help="the person's name, to tell state files apart")
        parser.add_argument("--server", default="http://localhost:8000", help="only this server is talked to")
        starts = "a relying party's page, an enrolment link, or the page on which a face is renewed"
        parser.add_argument("--start", required=True, help=starts)
        parser.add_argument("--state", type=Path, help="the phone's passkeys; default var/phone-SUBJECT.json")
        parser.add_argument("--other", type=Path, help="somebody else's photographs, for the faults")
        faults = [fault.label for fault in Fault if fault.way is Way.ANY]
        parser.add_argument("--fault", choices=faults, help="what to do wrong")

    def handle(self, **options: Any) -> None:
        """Enrol where `--start` is an enrolment link, renew at that page, sign in otherwise."""
        state = options["state"] or Path("var") / f"phone-{options['subject'] or 'person'}.json"
        try:
            person = _person(options, state)
            fault = Fault.named(options["fault"]) if options["fault"] else None
            phone = SoftwarePhone(person, fault=fault, on_step=self._print)
            own = options["start"].startswith(options["server"])
            ways = {"/enrol/": phone.enrol, "/moments/": phone.renew}
            way = next((way for name, way in ways.items() if own and name in options["start"]), phone.sign_in)
            page = way(options["start"])
        except Denied as denied:
            raise CommandError(f"Denied at {denied}.") from None
        except (photographs.NoPhotograph, NoFace) as problem:
            raise CommandError(str(problem)) from None
        except requests.RequestException as problem:
            raise CommandError(f"The server does not answer as expected: {problem}") from None
        person.authenticator.save(state)
        self.stdout.write(f"Done: {page.url} ({page.status_code})")

    def _print(self, step: Step) -> None:
        self.stdout.write(f"({step.number:2}) {step.title:<66}{step.ms:8.0f} ms")


def _person(options: dict[str, Any], state: Path) -> Person:
    authenticator = Authenticator.load(state) if state.exists() else Authenticator()
    others = photographs.read(options["other"]) if options["other"] else []
    return Person(photographs.read(options["photos"]), others, authenticator)
