"""`manage.py demo_liveness`: liveness as a service, for a partner's own app, and what must be refused."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from devtools.phone.faults import Fault
from devtools.phone.phone import Denied, Person, SoftwarePhone, Step
from devtools.rendering import photographs
from rp.client.liveness import Liveness, LivenessSession
from rp.client.refused import Refused

WORTH = (
    "pad, iad  a worker saw a living person who followed the cues, and frames that a camera took.",
    "record    the evaluation record that says how often it errs; docs/liveness.md has the rates.",
    "cnf, jti  this key and this session, so that nobody shows it for another.",
    "Not among it: who it was. Nothing was compared, and nothing is kept.",
)


@dataclass
class Partner:
    """The partner's server: `session` is the one that it opened last."""

    service: Liveness
    opened: list[LivenessSession] = field(default_factory=list)

    @property
    def session(self) -> LivenessSession:
        return self.opened[-1]

    def open(self, jkt: str) -> str:
        """Open a session for the app's key; return the address for the app."""
        self.opened.append(self.service.open(jkt))
        return self.session.agent_url


class Command(BaseCommand):
    """Takes a result, and tries what must give none."""

    help = "Show liveness as a service: a session, its result, and refusals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, default=Path(settings.DATA_DIR) / "demo.json")
        parser.add_argument("--photos", type=Path, default=Path(settings.PHOTOS_DIR))

    def handle(self, **options: Any) -> None:
        """Run the demonstration. Raises CommandError."""
        try:
            demo = json.loads(options["data"].read_text(encoding="utf-8"))
            person = Person(photographs.read(options["photos"] / "obama" / "03.jpg"))
            wrong = self._demonstrate(demo, person)
        except (Denied, Refused) as denied:
            raise CommandError(f"Denied where it should have gone well, at {denied}.") from None
        except (photographs.NoPhotograph, OSError, requests.RequestException) as problem:
            raise CommandError(str(problem)) from None
        if wrong:
            raise CommandError(f"Not as told: {'; '.join(wrong)}")
        self._title("All went as told")

    def _demonstrate(self, demo: dict[str, Any], person: Person) -> list[str]:
        """Show a session that ends well, then the attacks; return those that were not refused."""
        partner = Partner(_service(demo, "presence"))
        phone = SoftwarePhone(person, on_step=self._print)
        self._title("Harbour Vote asks whether a living person is there")
        phone.show_presence(partner.open)
        claims = partner.service.take(partner.session)
        call_command("audit", "verify", stdout=self.stdout)
        self._title("The result's claims, as the partner's server verified them")
        self.stdout.write(json.dumps(claims, indent=2))
        self._title("What they are worth")
        self.stdout.write("\n".join(WORTH))
        attacks = self._attacks(demo, partner, person, phone.recorded or b"")
        return [title for title, attack in attacks if not self._is_refused(title, attack)]

    def _attacks(
        self, demo: dict[str, Any], partner: Partner, person: Person, recorded: bytes
    ) -> Iterator[tuple[str, Callable[[], object]]]:
        taken = partner.session
        yield "the result taken a second time", lambda: partner.service.take(taken)
        yield (
            "a page that holds another key than the server named",
            self._shows(partner, person, Fault.NO_DEVICE_KEY),
        )
        yield "a challenge before the key is proven", self._shows(partner, person, Fault.SKIPPED_PROOF)
        yield "somebody who does not follow the cues", self._shows(partner, person, Fault.STILL_FACE)
        yield (
            "the sealed sample of the session above",
            self._shows(partner, person, Fault.REPLAYED_UPLOAD, recorded),
        )
        waiting = partner.service.open(taken.jkt)
        yield "another relying party that asks for the result", lambda: _service(demo, "vault").take(waiting)
        yield "a session that no key is named for", lambda: partner.service.open("")
        yield (
            "an outcome of the developer’s choice where no sandbox is on",
            lambda: partner.service.open(taken.jkt, sandbox_outcome="passed"),
        )

    def _shows(
        self, partner: Partner, person: Person, fault: Fault, recorded: bytes | None = None
    ) -> Callable[[], object]:
        def attempt() -> object:
            phone = SoftwarePhone(person, fault=fault, on_step=self._print)
            phone.recorded = recorded
            phone.show_presence(partner.open)
            return partner.service.take(partner.session)

        return attempt

    def _is_refused(self, title: str, attack: Callable[[], object]) -> bool:
        self._title(f"Attack: {title}")
        try:
            attack()
        except (Denied, Refused) as refused:
            self.stdout.write(f"     refused at {refused}")
            return True
        self.stdout.write(self.style.ERROR("     NOT refused"))
        return False

    def _title(self, text: str) -> None:
        self.stdout.write(self.style.MIGRATE_HEADING(f"\n{text}"))

    @property
    def _print(self) -> Callable[[Step], None]:
        return lambda step: self.stdout.write(f"({step.number:2}) {step.title:<66}{step.ms:8.0f} ms")


def _service(demo: dict[str, Any], name: str) -> Liveness:
    known = demo["parties"][name]
    return Liveness(known["issuer"], known["client_id"], known["key"])
