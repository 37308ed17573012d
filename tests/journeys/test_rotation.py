"""Every key is rotated while people sign in, and nobody notices (S9.4-09)."""

import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import requests
from allauth.mfa.totp.internal.auth import generate_totp_secret

from config.secrets import DATABASE
from devtools.phone.phone import Person, SoftwarePhone
from devtools.stack.stack import Stack, running
from tests.administrator import HALF_MINUTE_S, TIMEOUT_S, Administrator
from tests.product import enrolled

pytestmark = [pytest.mark.e2e, pytest.mark.needs("photos"), pytest.mark.requirement("S9.4-09")]
# A process looks once a second; a sign-in of the phone takes two or three.
SETTLE_SECONDS = "3"
LONGEST_SIGN_IN_SECONDS = 10
PATIENCE_SECONDS = 60


@dataclass
class Met:
    """What came of something that is done again and again."""

    done: int = 0
    problems: list[str] = field(default_factory=list)

    def more(self, count: int) -> None:
        """Wait until so many more have succeeded."""
        wanted, until = self.done + count, time.monotonic() + PATIENCE_SECONDS
        while self.done < wanted and not self.problems:
            assert time.monotonic() < until, "nothing goes on any more"
            time.sleep(0.1)


@contextmanager
def again_and_again(do: Callable[[], None]) -> Iterator[Met]:
    """Do something over and over while the block runs."""
    stop, met = threading.Event(), Met()

    def go_on() -> None:
        while not stop.is_set():
            try:
                do()
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


def sign_in(stack: Stack, person: Person, *, face: bool) -> None:
    """Sign in at the partner site, with a new browser."""
    page = SoftwarePhone(person).sign_in(f"{stack.partner_url}/members", face=face)
    assert page.status_code == 200, page.status_code


@dataclass
class AtThePortal:
    """An owner who invites people: the portal seals each link, and the web believes it.

    They sign in once for each half minute, since a code of their app is good once.
    """

    stack: Stack
    administrator: Administrator
    signed_in: int = 0

    def enter_again(self, met: Met) -> None:
        """Wait until they have signed in once more."""
        before, until = self.signed_in, time.monotonic() + PATIENCE_SECONDS
        while self.signed_in == before and not met.problems:
            assert time.monotonic() < until, "nobody enters the portal any more"
            time.sleep(0.1)

    def act(self) -> None:
        """Invite somebody; whoever has the link sees its page."""
        half_minute = int(time.time()) // HALF_MINUTE_S
        if half_minute > self.signed_in:
            self.administrator.browser.cookies.clear()
            self.administrator.sign_in()
            self.signed_in = int(time.time()) // HALF_MINUTE_S
        made = self.administrator.submit("/portal/demo/people/new/", name="Invited amid a rotation")
        link = re.search(rf"{self.stack.base_url}/t/demo/enrol/[\w-]+/", made.text)
        assert link is not None, f"{made.status_code} {made.url}"
        assert requests.get(link[0], timeout=TIMEOUT_S).status_code == 200


def owner_of(stack: Stack) -> Administrator:
    """Make an owner of the demonstration's tenant."""
    owner = Administrator(
        stack.base_url, "owner@example.org", secrets.token_urlsafe(), generate_totp_secret()
    )
    stack.python(
        "from authsvc.management.actors import COMMAND_LINE\n"
        "from portal.accounts.services import create_administrator\n"
        f"create_administrator(by=COMMAND_LINE, email={owner.email!r}, password={owner.password!r},\n"
        f"    tenant=tenant, role='owner', totp_secret={owner.totp!r})"
    )
    return owner


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


@dataclass(frozen=True)
class Kept:
    """What lies in the database and is made with a key: the seals of people, and the tenant's vault keys."""

    seals: dict[str, str]
    vault_keys: list[str]


def kept(stack: Stack) -> Kept:
    found = stack.python(
        "from authsvc.keys.vaultkeys import open_vault_keys\n"
        "from authsvc.subjects.models import Subject\n"
        "seals = {str(row.pk): bytes(row.seal).hex() for row in Subject.objects.all()}\n"
        "print(json.dumps([seals, [key.hex() for key in open_vault_keys()]]))"
    )
    return Kept(*found)


def believed(stack: Stack) -> set[str]:
    """Return the people whose rows are believed."""
    return set(kept(stack).seals)


def put_back(stack: Stack, seals: dict[str, str]) -> None:
    """Write seals as they were, behind the product's back."""
    stack.python(
        "from authsvc.subjects.models import Subject\n"
        f"for key, seal in {seals!r}.items():\n"
        "    Subject._base_manager.filter(pk=key).update(seal=bytes.fromhex(seal))"
    )


def rotate_vault_keys(stack: Stack, *arguments: str) -> None:
    worker = replace(stack, env={**stack.env, "VISOR_ROLES": "worker"})
    worker.manage("rotate_vault_keys", *arguments)


@pytest.mark.whole
def test_every_key_is_rotated_while_people_sign_in(product: Stack, photos: Path) -> None:
    first, second, before = enrolled(product, photos), enrolled(product, photos), held(product)
    portal, stored = AtThePortal(product, owner_of(product)), kept(product)
    with (
        again_and_again(lambda: sign_in(product, first, face=True)) as faces,
        again_and_again(lambda: sign_in(product, second, face=False)) as others,
        again_and_again(portal.act) as acts,
    ):
        everything = (faces, others, acts)
        for met in everything:
            met.more(1)
        product.manage("rotate_key", "all", "--settle", SETTLE_SECONDS)
        rotate_vault_keys(product)
        rotate_signing_keys(product)
        for met in everything:
            met.more(1)
        time.sleep(LONGEST_SIGN_IN_SECONDS)
        product.manage("rotate_key", "all", "--retire")
        rotate_vault_keys(product, "--retire")
        portal.enter_again(acts)
        for met in everything:
            met.more(2)
    assert [met.problems for met in everything] == [[], [], []]
    _nothing_is_as_before(before, held(product))
    _old_keys_are_good_for_nothing(product, stored)


def _nothing_is_as_before(before: dict[str, dict[str, str]], after: dict[str, dict[str, str]]) -> None:
    now, kept_on = json.dumps(after), {DATABASE}  # A password, which docs/database.md says how to change.
    there = [
        f"{section}.{name}"
        for section, held_ in before.items()
        for name, value in held_.items()
        if name not in kept_on and value in now
    ]
    assert there == []
    assert "previous" not in now


def _old_keys_are_good_for_nothing(product: Stack, before: Kept) -> None:
    """The vault key from before is gone, and a row with its seal from before is not believed."""
    after, people = kept(product), set(before.seals)
    assert len(after.vault_keys) == 1
    assert not set(before.vault_keys) & set(after.vault_keys)
    assert people <= set(after.seals)
    put_back(product, before.seals)
    assert not believed(product) & people
    put_back(product, {key: after.seals[key] for key in people})
    assert people <= believed(product)
