"""Outside: people who enrol and sign in, with what a page of a browser would say and send.

    python -m deploy.rehearse.people enrol|sign-in FOLDER

FOLDER holds known.json (organisations.py), and keeps each person's passkeys. Production lets no software
phone in that says that it is one. This one says what a page says: whoever controls a page can say anything,
which is why no token calls such a face more than evidence (docs/assurance.md).
"""

import json
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import requests

from devtools.demo.party import ANNEX_A, THERE, Registered, ScriptedParty
from devtools.phone.authenticator import Authenticator
from devtools.phone.phone import Denied, Person, SoftwarePhone
from devtools.rendering import photographs
from devtools.rendering.camera import without_comment
from devtools.rendering.frame import Frame

PHOTOS: Final = Path("/opt/photos/obama")
_AT_ONCE: Final = 2
_PATIENCE: Final = 60.0


@dataclass(frozen=True)
class Known:
    """What is known outside of an organisation: a link to enrol by, its relying party, and its model."""

    enrolment: str
    party: Registered
    compares: bool

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Read it from JSON."""
        return cls(told["enrolment"], Registered(**told["party"]), told["compares"])


class Page(SoftwarePhone):
    """A phone that says what the scripts of a page in its browser would say."""

    def __init__(self, person: Person, scripts: Mapping[str, str]) -> None:
        super().__init__(person)
        self.agent = {"type": "browser", "build": "", "scripts": dict(scripts)}

    def _film(self, challenge: dict[str, Any], number: int) -> tuple[list[Frame], dict[str, Any]]:
        frames, camera = super()._film(challenge, number)
        return [replace(frame, jpeg=without_comment(frame.jpeg)) for frame in frames], camera


def enrol(folder: Path, letter: str, known: Known, scripts: Mapping[str, str]) -> str:
    """Enrol, keep the passkey, and sign in."""
    _await_keys(known.party.issuer)
    passkeys = Authenticator(aaguid=uuid.UUID(int=0))
    person = Person(photographs.read(PHOTOS / "01.jpg"), authenticator=passkeys)
    with _told():
        Page(person, scripts).enrol(known.enrolment)
    said = _signed_in(passkeys, known, scripts)
    passkeys.save(folder / f"{letter}.json")
    return said


def sign_in(folder: Path, letter: str, known: Known, scripts: Mapping[str, str]) -> str:
    """Sign in with the passkey that was kept."""
    passkeys = Authenticator.load(folder / f"{letter}.json")
    said = _signed_in(passkeys, known, scripts)
    passkeys.save(folder / f"{letter}.json")
    return said


def _signed_in(passkeys: Authenticator, known: Known, scripts: Mapping[str, str]) -> str:
    begun = time.monotonic()
    party = ScriptedParty(known.party, ANNEX_A if known.compares else THERE)
    person = Person(photographs.read(PHOTOS / "03.jpg"), authenticator=passkeys)
    with _told():
        Page(person, scripts).sign_in_at(party)
    claims = party.claims
    if known.compares != ("face" in claims["amr"]):
        raise AssertionError(f"amr says {claims['amr']}")
    return f"{claims['acr']} {'+'.join(claims['amr'])} in {time.monotonic() - begun:.0f} s"


@contextmanager
def _told() -> Iterator[None]:
    """Say who refused as text alone, which passes from one process to another."""
    try:
        yield
    except Denied as denied:
        raise AssertionError(str(denied)) from None


def _await_keys(issuer: str) -> None:
    """Wait until an organisation that was just made has its signing keys."""
    end = time.monotonic() + _PATIENCE
    while not requests.get(f"{issuer}jwks", timeout=30).json().get("keys"):
        if time.monotonic() > end:
            raise AssertionError(f"{issuer} gets no signing key")
        time.sleep(0.5)


def main() -> None:
    """Let one person of each model do it, some at once; print what became of it."""
    what, folder = {"enrol": enrol, "sign-in": sign_in}[sys.argv[1]], Path(sys.argv[2])
    told = json.loads((folder / "known.json").read_text(encoding="utf-8"))
    models = {letter: Known.of(each) for letter, each in told["models"].items()}
    # In processes of their own: what renders is not made for threads.
    with ProcessPoolExecutor(_AT_ONCE) as pool:
        tries = {
            letter: pool.submit(what, folder, letter, known, told["scripts"])
            for letter, known in models.items()
        }
        for letter, done in tries.items():
            print(f"{letter}: {done.result()}")


if __name__ == "__main__":
    main()
