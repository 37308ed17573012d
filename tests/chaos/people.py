"""People who enrol, and sign in while things break: some with their own face, some with another's.

    python -m tests.chaos.people enrol|sign-in FOLDER

FOLDER holds told.json, and keeps each person's passkeys. Each does as the page of a browser tells: whoever is
told that something does not work at the moment waits and tries again, and whoever does not get on begins
anew. Printed is what each saw.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import requests

from devtools.phone.authenticator import Authenticator
from devtools.phone.faults import Fault
from devtools.phone.phone import Denied, Person, SoftwarePhone, _Visit
from devtools.rendering import photographs

_WAITS: Final = 2.0
_PATIENCE: Final = 60.0
_BEGINNINGS: Final = 12
_LINK: Final = re.compile(r"<a |<form ")


@dataclass(frozen=True)
class Told:
    """What all of them are told."""

    photos: str
    start: str
    patience: float
    at_once: int

    @classmethod
    def read(cls, folder: Path) -> tuple[Self, list[dict[str, Any]]]:
        """Return it with the list of people."""
        said = json.loads((folder / "told.json").read_text(encoding="utf-8"))
        people = said.pop("people")
        return cls(**said), people


@dataclass
class Seen:
    """One sign-in as the person saw it: how it ended, and what came before that.

    `verdicts` are (transaction, what the page said), `uploads` the transactions for which a sample was
    taken, `failures` every answer of 500 or more, `silences` how often nobody answered.
    """

    name: str
    wrong: bool
    ended: str = ""
    beginnings: int = 0
    seconds: float = 0.0
    verdicts: list[tuple[str, str]] = field(default_factory=list)
    uploads: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    unfit: list[str] = field(default_factory=list)
    silences: int = 0


class Line(requests.Session):
    """A browser's connection: asks again what was not answered, or by 503, and notes both."""

    def __init__(self, seen: Seen) -> None:
        super().__init__()
        self._seen = seen
        self.asked_again = False

    def request(self, *given: Any, **more: Any) -> requests.Response:
        """Ask until there is an answer."""
        end = time.monotonic() + _PATIENCE
        while True:
            over = time.monotonic() > end
            try:
                answer = super().request(*given, **more)
            except (requests.ConnectionError, requests.Timeout):
                self._seen.silences += 1
                if over:
                    raise
            else:
                if answer.status_code < 500:
                    return answer
                self._note(answer)
                if answer.status_code != 503 or over:
                    return answer
            self.asked_again = True
            time.sleep(_WAITS)

    def _note(self, answer: requests.Response) -> None:
        said = f"{answer.request.method} {re.sub(r'[?].*', '', answer.url)} {answer.status_code}"
        self._seen.failures.append(said)
        led_on = answer.headers.get("Retry-After") or _LINK.search(answer.text)
        if answer.status_code != 503 or not led_on:
            self._seen.unfit.append(f"{said} {dict(answer.headers)} {answer.text[:300]}")


class Patient(SoftwarePhone):
    """A phone that waits, and goes on where the step that was not answered had been taken."""

    def __init__(self, person: Person, seen: Seen, **options: Any) -> None:
        super().__init__(person, **options)
        self._seen = seen
        self._line = Line(seen)
        self._line.headers.update(self.browser.session.headers)
        self.browser.session = self._line

    def _upload(self, visit: _Visit, sample: bytes, challenge: dict[str, Any]) -> None:
        self._line.asked_again = False
        try:
            super()._upload(visit, sample, challenge)
        except Denied as denied:
            if not (self._line.asked_again and denied.code == "no-challenge"):
                raise
        self._seen.uploads.append(visit.txn)

    def _await_verdict(self, visit: _Visit) -> dict[str, Any]:
        status = super()._await_verdict(visit)
        self._seen.verdicts.append((visit.txn, f"{status['state']} {status.get('hint', '')}".strip()))
        return status


def enrol(told: Told, folder: Path, name: str, link: str) -> str:
    """Enrol, and keep the passkey."""
    passkeys = Authenticator()
    looks = photographs.read(Path(told.photos, "obama", "01.jpg"))
    try:
        SoftwarePhone(Person(looks, authenticator=passkeys)).enrol(link)
    except Denied as denied:
        raise AssertionError(str(denied)) from None
    passkeys.save(folder / f"{name}.json")
    return name


def sign_ins(told: Told, folder: Path, name: str, wrong: list[bool]) -> list[Seen]:
    """Sign in as often as there are words, by another's face where one is true."""
    mine = photographs.read(Path(told.photos, "obama", "03.jpg"))
    theirs = photographs.read(Path(told.photos, "biden"))
    person = Person(mine, theirs, Authenticator.load(folder / f"{name}.json"))
    return [_sign_in(told, person, Seen(name, by_another)) for by_another in wrong]


def _sign_in(told: Told, person: Person, seen: Seen) -> Seen:
    begun = time.monotonic()
    while not seen.ended and seen.beginnings < _BEGINNINGS:
        seen.beginnings += 1
        phone = Patient(person, seen, fault=Fault.WRONG_FACE if seen.wrong else None)
        try:
            phone.sign_in(told.start)
        except Denied as denied:
            if denied.step == 10 and denied.code == "refused":
                seen.ended = "refused"
            else:
                time.sleep(_WAITS)
        except requests.RequestException:
            time.sleep(_WAITS)
        else:
            seen.ended = "in"
    seen.seconds = round(time.monotonic() - begun, 1)
    return seen


def main() -> None:
    """Let all of them do it, some at once, and print what became of it as JSON."""
    folder = Path(sys.argv[2])
    told, people = Told.read(folder)
    SoftwarePhone.patience = told.patience
    # In processes of their own: what renders is not made for threads.
    with ProcessPoolExecutor(told.at_once) as pool:
        if sys.argv[1] == "enrol":
            made = [pool.submit(enrol, told, folder, each["name"], each["link"]) for each in people]
            print(json.dumps([each.result() for each in made]))
        else:
            going = [pool.submit(sign_ins, told, folder, each["name"], each["wrong"]) for each in people]
            print(json.dumps([asdict(seen) for each in going for seen in each.result()]))


def read_seen(text: str) -> list[Seen]:
    """Return what `sign-in` printed."""
    rows: list[Mapping[str, Any]] = json.loads(text)
    return [Seen(**{**row, "verdicts": [(txn, said) for txn, said in row["verdicts"]]}) for row in rows]


if __name__ == "__main__":
    main()
