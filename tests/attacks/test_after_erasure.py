"""T10: what is left of a person in the log, the tables' files and a base backup opens with nothing.

A product on a PostgreSQL that logs as in production, two people of whom one is erased, and a thief who has
every copy of the database, every server's secrets, and even the person's own phone.
"""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from authsvc.keys.service import copies
from devtools.demo.run import await_ready, processes
from devtools.phone.authenticator import Authenticator
from devtools.phone.phone import Denied, Person, SoftwarePhone
from devtools.rendering import photographs
from devtools.stack.console import console
from devtools.stack.services import DURABLE_SETTINGS, postgres_binary, postgresql, served, unprivileged_user
from devtools.stack.stack import Stack, running
from tests import models
from tests.attacks.opening import bundles_of, pieces, template_of
from tests.attacks.phone import WatchedPhone
from tests.attacks.sinks import Sinks, spellings
from tests.attacks.test_canary import REGISTERED, marks_of, sealed_mark
from tests.attacks.thief import Thief
from tests.attacks.worker import Worker, working
from tests.product import ENGINE

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs("postgresql", "photos"),
    pytest.mark.requirement("S9.2-11", "S9.2-14", "S8.3-01"),
    pytest.mark.parametrize("letter", models.by_turns(0), indirect=True, scope="module"),
]
ERASED, KEPT = "A person who is erased", "A person who stays"
REFERENCE = """SELECT reference.*, wrap.device, wrap.share_kind, wrap.sealed_server_share, wrap.wrapped_key,
(SELECT sealed FROM keys_vaultkey key WHERE key.tenant_id = reference.tenant_id) AS vault_key
FROM vault_reference reference JOIN vault_devicewrap wrap ON wrap.reference_id = reference.pseudonym
JOIN subjects_subject person ON person.reference = reference.pseudonym WHERE person.name = %s"""


@dataclass
class Story:
    """What happened, and what was copied when."""

    stack: Stack
    folder: Path
    database: str
    letter: str
    people: dict[str, Person] = field(default_factory=dict)
    marks: dict[str, bytes] = field(default_factory=dict)
    share: bytes = b""
    bundles: list[bytes] = field(default_factory=list)
    template: bytes = b""
    row: dict[str, Any] = field(default_factory=dict)
    while_waiting: dict[str, set[str]] = field(default_factory=dict)
    left: dict[str, set[str]] = field(default_factory=dict)
    server: Path = Path()

    @property
    def sinks(self) -> Sinks:
        return Sinks(self.stack)

    def base_backup(self, name: str) -> Path:
        """Copy the server as pg_basebackup does, with the log that it needs."""
        target = self.folder / name
        command = [str(postgres_binary("pg_basebackup")), "-D", str(target), "-X", "stream", "-c", "fast"]
        port = self.database.split(":")[-1].split("/")[0]
        where = ["-h", "127.0.0.1", "-p", port, "-U", "root"]
        subprocess.run([*command, *where], check=True, user=unprivileged_user(), cwd=self.folder)
        return target

    def checkpoint(self) -> None:
        """Have everything that the server knows of in its files."""
        with self.sinks.connect() as connection:
            for statement in ("VACUUM", "CHECKPOINT", "SELECT pg_switch_wal()"):
                connection.execute(statement)

    def read_row(self) -> dict[str, Any]:
        with self.sinks.connect() as connection:
            cursor = connection.execute(REFERENCE, [ERASED])
            names = [column.name for column in cursor.description or ()]
            values = cursor.fetchone() or ()
        return {
            name: bytes(value) if isinstance(value, memoryview) else value
            for name, value in zip(names, values, strict=True)
        }


def found_in(folder: Path, mark: bytes, *, raw: bool = False) -> set[str]:
    """Return the files below a folder that hold a mark, in any spelling or as it is."""
    needles = {mark} if raw else spellings(mark)
    return {name for name, content in files_of(folder) if any(each in content for each in needles)}


def files_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each file below a folder, by its path from there."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def found_of_each(places: Mapping[str, Path], marks: Mapping[str, bytes]) -> dict[str, set[str]]:
    """Return by mark the files that hold it in any spelling, as `place: file`.

    A backup is mostly files that the server has too: what has been looked through is known by its digest.
    """
    needles = {name: spellings(mark) for name, mark in marks.items()}
    held: dict[bytes, set[str]] = {}
    found: dict[str, set[str]] = {name: set() for name in marks}
    for place, folder in places.items():
        for file, content in files_of(folder):
            digest = hashlib.blake2b(content).digest()
            if digest not in held:
                held[digest] = {name for name, each in needles.items() if any(one in content for one in each)}
            for name in held[digest]:
                found[name].add(f"{place}: {file}")
    return found


@pytest.fixture(scope="module")
def letter(request: pytest.FixtureRequest) -> str:
    """The application model of both people."""
    chosen: str = request.param
    return chosen


@pytest.fixture(scope="module")
def story(photos: Path, letter: str) -> Iterator[Story]:
    """Live through it once: two enrolments, sign-ins, copies, an erasure, and copies again."""
    folder = Path(tempfile.mkdtemp(prefix="visor-erased-"))
    if user := unprivileged_user():
        shutil.chown(folder, user)
    with ExitStack() as things:
        things.callback(shutil.rmtree, folder, ignore_errors=True)
        patch = things.enter_context(pytest.MonkeyPatch.context())
        url = things.enter_context(postgresql(DURABLE_SETTINGS))
        assert url is not None
        patch.setenv("VISOR_TEST_DATABASE_URL", url)
        with (
            running(folder / "product", worker=False, VISOR_LOG_LEVEL="INFO") as stack,
            console(stack.env) as commands,
            working(stack) as worker,
        ):
            told = Story(replace(stack, console=commands), folder, url, letter)
            _live(told, worker, photos)
        yield told


def _live(story: Story, worker: Worker, photos: Path) -> None:
    story.server = story.sinks._server_folder()
    with models.keeping(story.stack, story.letter):
        phone = _enrol_and_sign_in(story, worker, photos)
    story.share, story.bundles = phone.share, bundles_of(story.people[ERASED])
    story.row = story.read_row()
    story.template = template_of(story.stack, ERASED, story.share, story.bundles)
    story.marks = {**marks_of(phone), "template": story.template[-400:][:48]}
    for number, bundle in enumerate(story.bundles):
        story.marks |= pieces(f"bundle {number}", bundle, 48)
    shutil.copytree(story.stack.data_dir / "keys", story.folder / "keys before")
    story.checkpoint()
    story.base_backup("before")
    _erase(story)
    story.checkpoint()
    story.base_backup("after")
    places = {"server": story.server, "before": story.folder / "before", "after": story.folder / "after"}
    story.left = found_of_each(places, story.marks)


def _pieces(row: dict[str, Any]) -> list[bytes]:
    """Return what is looked for of a sealed reference: keys whole, and parts of a template that lies here."""
    sealed = row["sealed_template"]
    keys = [row[name] for name in ("wrapped_key", "sealed_server_share") if row[name]]
    return [*keys, *(sealed[at : at + 48] for at in range(0, len(sealed) - 48, 400))]


def _enrol_and_sign_in(story: Story, worker: Worker, photos: Path) -> WatchedPhone:
    pictures = {
        ERASED: (photos / "obama" / "01.jpg", photos / "obama" / "03.jpg"),
        KEPT: (photos / "biden",) * 2,
    }
    for name, (first, later) in pictures.items():
        passkeys = Authenticator()
        enrolling = Person(photographs.read(first), authenticator=passkeys)
        SoftwarePhone(enrolling).enrol(story.stack.new_link(name))
        story.people[name] = Person(photographs.read(later), authenticator=passkeys, engine=ENGINE)

    def look(_: str) -> None:
        if not story.while_waiting:
            story.checkpoint()
            mark = sealed_mark(phone)
            story.while_waiting = {
                "tables": story.sinks.find(mark),
                "log": found_in(story.server / "pg_wal", mark),
                "backup": found_in(story.base_backup("while waiting"), mark),
            }
        worker.go_on()

    phone = WatchedPhone(
        story.people[ERASED], beforehand=lambda api, sample: worker.hold_pool(), meanwhile=look
    )
    phone.sign_in(f"{story.stack.partner_url}/members")
    return phone


def _erase(story: Story) -> None:
    story.stack.python(
        "from authsvc.management.actors import COMMAND_LINE\n"
        "from authsvc.management.faces import withdraw\n"
        "from authsvc.subjects.models import Subject\n"
        f"withdraw(by=COMMAND_LINE, subject=Subject.objects.get(name={ERASED!r}))"
    )
    story.sinks.await_row("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM vault_dueerasure)")


def test_t10_a_sample_that_waits_is_in_its_table_alone(story: Story) -> None:
    """In no log, and so on no replica; in no base backup."""
    assert story.while_waiting == {
        "tables": REGISTERED,
        "log": set(),
        "backup": set(),
    }


@pytest.mark.modes("erasure")
def test_t10_neither_frame_nor_template_nor_share_is_left_in_clear(story: Story) -> None:
    assert len(story.marks) >= 10
    assert {name: places for name, places in story.left.items() if places} == {}


def thief(story: Story, *, keys: Path) -> Thief:
    """Return somebody with the database, every server's secrets, a store of keys and the phone."""
    secrets = json.loads((story.stack.data_dir / "secrets.json").read_text())
    held = {_decoded(value) for section in secrets.values() for value in section.values()}
    return Thief(story.row, database=True, keys={*held, story.share}, store=keys, bundles=story.bundles)


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        return b""


def test_t10_the_log_holds_the_sealed_reference_after_its_erasure(story: Story) -> None:
    """Else the next test would show nothing."""
    assert any(found_in(story.server / "pg_wal", piece, raw=True) for piece in _pieces(story.row))


@pytest.mark.modes("erasure")
def test_t10_before_the_erasure_the_thief_opens_it(story: Story) -> None:
    """With the store of keys as it was, and the person's phone: this thief knows how."""
    assert story.template in thief(story, keys=story.folder / "keys before").everything()


@pytest.mark.modes("erasure")
def test_t10_nothing_that_is_left_opens_with_every_servers_secrets_and_the_phone(story: Story) -> None:
    opened = thief(story, keys=story.stack.data_dir / "keys").everything()
    assert opened  # the vault's own key at least
    assert story.template not in opened


@pytest.mark.modes("erasure")
@pytest.mark.whole
def test_t10_a_restore_of_both_signs_in_who_stayed_and_nobody_who_was_erased(
    story: Story, tmp_path: Path
) -> None:
    """From a base backup before the erasure, and a copy of the store of keys of the same time."""
    store = tmp_path / "restored keys"
    copy = copies.taken(story.folder / "keys before")
    copies.restore(copy, store, destroyed=copies.destroyed_in(story.stack.data_dir / "keys"))
    with ExitStack() as things:
        port = things.enter_context(served(story.folder / "before", DURABLE_SETTINGS))
        stack = _restored(story.stack, port, store)
        stack.manage("reconcile_references", "--missing")
        runner = things.enter_context(processes(stack.env))
        await_ready(stack.env, runner)
        SoftwarePhone(story.people[KEPT]).sign_in(f"{stack.partner_url}/members")
        with pytest.raises(Denied):
            SoftwarePhone(story.people[ERASED]).sign_in(f"{stack.partner_url}/members")


def _restored(stack: Stack, port: int, store: Path) -> Stack:
    """Return the product on another database server, with another store of keys."""
    database = re.sub(r":\d+/", f":{port}/", stack.env["VISOR_DATABASE_URL"])
    env = {**stack.env, "VISOR_DATABASE_URL": database, "VISOR_KEY_STORE": str(store)}
    return replace(stack, env=env, console=None)
