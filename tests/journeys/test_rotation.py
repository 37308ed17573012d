"""Every key is rotated while people sign in, and nobody notices (S9.4-09)."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from devtools.phone.phone import Person, SoftwarePhone
from devtools.stack.stack import Stack, running
from tests.product import enrolled

pytestmark = [pytest.mark.e2e, pytest.mark.needs("photos"), pytest.mark.requirement("S9.4-09")]
# A process looks once a second; a sign-in of the phone takes two or three.
SETTLE_SECONDS = "3"
LONGEST_SIGN_IN_SECONDS = 10
PATIENCE_SECONDS = 60


@dataclass
class SignIns:
    """What came of one person's signing in again and again."""

    done: int = 0
    problems: list[str] = field(default_factory=list)

    def more(self, count: int) -> None:
        """Wait until so many more have succeeded."""
        wanted, until = self.done + count, time.monotonic() + PATIENCE_SECONDS
        while self.done < wanted and not self.problems:
            assert time.monotonic() < until, "nobody signs in any more"
            time.sleep(0.1)


@contextmanager
def signing_in(stack: Stack, person: Person, *, face: bool) -> Iterator[SignIns]:
    """Let a person sign in at the partner site, again and again, while the block runs."""
    stop, met = threading.Event(), SignIns()

    def go_on() -> None:
        while not stop.is_set():
            try:
                page = SoftwarePhone(person, pace=False).sign_in(f"{stack.partner_url}/members", face=face)
                assert page.status_code == 200, page.status_code
                met.done += 1
            except Exception as problem:  # noqa: BLE001 - whatever it is, it is what the test is about
                met.problems.append(f"{type(problem).__name__}: {problem}")

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield met
    finally:
        stop.set()
        thread.join(PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A product whose keys are nobody else's."""
    with running(tmp_path_factory.mktemp("rotation")) as started:
        yield started


def held(stack: Stack) -> dict[str, dict[str, str]]:
    content: dict[str, dict[str, str]] = json.loads((stack.data_dir / "secrets.json").read_text())
    return content


def rotate_signing_keys(stack: Stack) -> None:
    for algorithm in ("RS256", "ES256"):
        stack.manage("signing_keys", "demo", "--rotate", algorithm, "--emergency")


def test_every_key_is_rotated_while_people_sign_in(product: Stack, photos: Path) -> None:
    first, second, before = enrolled(product, photos), enrolled(product, photos), held(product)
    with signing_in(product, first, face=True) as faces, signing_in(product, second, face=False) as others:
        for met in (faces, others):
            met.more(1)
        product.manage("rotate_key", "all", "--settle", SETTLE_SECONDS)
        rotate_signing_keys(product)
        time.sleep(LONGEST_SIGN_IN_SECONDS)
        product.manage("rotate_key", "all", "--retire")
        for met in (faces, others):
            met.more(2)
    assert (faces.problems, others.problems) == ([], [])
    after = json.dumps(held(product))
    # Keys of seals are not rotated by this command yet.
    rotated = {
        f"{section}.{name}": value for section, held_ in before.items() for name, value in held_.items()
    }
    assert [name for name, value in rotated.items() if "seal_" not in name and value in after] == []
    assert "previous" not in after
