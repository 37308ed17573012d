"""T10: what is left of a person in the log, the tables' files and a base backup opens with nothing.

A product on a PostgreSQL that logs as in production, two people of whom one is erased, and a thief who has
every copy of the database, every server's secrets, and even the person's own phone.
"""

import base64
import itertools
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from authsvc.core.envelope import CannotOpen, context, derive, unseal
from authsvc.keys.service import copies
from authsvc.keys.service.file import Entry
from devtools.demo.run import await_ready, processes
from devtools.phone.authenticator import Authenticator
from devtools.phone.phone import Denied, Person, SoftwarePhone
from devtools.rendering import photographs
from devtools.stack.console import console
from devtools.stack.services import DURABLE_SETTINGS, postgres_binary, postgresql, served, unprivileged_user
from devtools.stack.stack import Stack, running
from tests.attacks.phone import WatchedPhone
from tests.attacks.sinks import Sinks, spellings
from tests.attacks.test_canary import REGISTERED, marks_of, sealed_mark
from tests.attacks.worker import Worker, working

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs("postgresql", "photos"),
    pytest.mark.requirement("S9.2-11", "S9.2-14", "S8.3-01"),
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
    people: dict[str, Person] = field(default_factory=dict)
    marks: dict[str, bytes] = field(default_factory=dict)
    share: bytes = b""
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
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)) for path in files if any(each in path.read_bytes() for each in needles)
    }


@pytest.fixture(scope="module")
def story(photos: Path) -> Iterator[Story]:
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
            told = Story(replace(stack, console=commands), folder, url)
            _live(told, worker, photos)
        yield told


def _live(story: Story, worker: Worker, photos: Path) -> None:
    story.server = story.sinks._server_folder()
    phone = _enrol_and_sign_in(story, worker, photos)
    story.share = phone.share
    story.row = story.read_row()
    story.template = _template(story)
    story.marks = {**marks_of(phone), "template": story.template[-400:][:48]}
    shutil.copytree(story.stack.data_dir / "keys", story.folder / "keys before")
    story.checkpoint()
    story.base_backup("before")
    _erase(story)
    story.checkpoint()
    story.base_backup("after")
    for name, mark in story.marks.items():
        places = {"server": story.server, "before": story.folder / "before", "after": story.folder / "after"}
        story.left[name] = {
            f"{place}: {file}" for place, where in places.items() for file in found_in(where, mark)
        }


def _pieces(row: dict[str, Any]) -> list[bytes]:
    sealed = row["sealed_template"]
    return [row["wrapped_key"], *(sealed[at : at + 48] for at in range(0, len(sealed) - 48, 400))]


def _enrol_and_sign_in(story: Story, worker: Worker, photos: Path) -> WatchedPhone:
    pictures = {
        ERASED: (photos / "obama" / "01.jpg", photos / "obama" / "03.jpg"),
        KEPT: (photos / "biden",) * 2,
    }
    for name, (first, later) in pictures.items():
        passkeys = Authenticator()
        enrolling = Person(photographs.read(first), authenticator=passkeys)
        SoftwarePhone(enrolling).enrol(story.stack.new_link(name))
        story.people[name] = Person(photographs.read(later), authenticator=passkeys)

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


def _template(story: Story) -> bytes:
    opened: str = story.stack.python(
        "from authsvc.vault.opening import open_reference\n"
        f"given = dict(pseudonym={story.row['pseudonym']!r}, version={story.row['version']})\n"
        f"given |= dict(device={story.row['device']!r}, device_share=bytes.fromhex({story.share.hex()!r}))\n"
        "print(json.dumps(open_reference(**given).templates[0].hex()))"
    )
    return bytes.fromhex(opened)


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


def test_t10_neither_frame_nor_template_nor_share_is_left_in_clear(story: Story) -> None:
    assert len(story.marks) >= 10
    assert {name: places for name, places in story.left.items() if places} == {}


class Thief:
    """Opens whatever it can with what it has: each sealed piece with each key, and with keys made of two."""

    def __init__(self, story: Story, *, keys: Path) -> None:
        secrets = json.loads((story.stack.data_dir / "secrets.json").read_text())
        held = [value for section in secrets.values() for value in section.values()]
        self.keys = {key for key in map(_decoded, held) if len(key) == 32} | {story.share}
        row = story.row
        parts = [row["pseudonym"], row["model"]]
        tenant = str(row["tenant_id"])
        wrap = context("wrap", tenant, *parts, row["version"], row["device"], row["share_kind"])
        self.contexts = {
            context("reference", tenant, *parts, row["engine"], row["version"]),
            wrap,
            context("vault-key", tenant),
            context("signing-key", tenant),
        }
        self._wrap = wrap
        self.pieces = {
            bytes(row[name])
            for name in ("sealed_template", "sealed_server_share", "wrapped_key", "vault_key")
        }
        for path in keys.glob("*/*.key"):
            entry = Entry.from_bytes(path.read_bytes())
            self.pieces |= set(entry.versions.values())
            self.contexts |= {context("visor/key/v1", entry.name, each) for each in entry.versions}

    def everything(self) -> set[bytes]:
        """Return all that comes to light, until nothing more does."""
        opened: set[bytes] = set()
        while new := self._once() - opened:
            opened |= new
            self.keys |= {each for each in new if len(each) == 32}
            self.pieces |= new
        return opened

    def _once(self) -> set[bytes]:
        made = {
            derive(one, other, info=b"visor/wrap/v1" + self._wrap)
            for one, other in itertools.product(self.keys, repeat=2)
        }
        sealed = self.pieces | {piece[4:] for piece in self.pieces}
        return {
            plain
            for key, piece, aad in itertools.product(self.keys | made, sealed, self.contexts)
            if (plain := _unsealed(key, piece, aad)) is not None
        }


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        return b""


def _unsealed(key: bytes, piece: bytes, aad: bytes) -> bytes | None:
    try:
        return unseal(key, piece, aad)
    except CannotOpen:
        return None


def test_t10_the_log_holds_the_sealed_reference_after_its_erasure(story: Story) -> None:
    """Else the next test would show nothing."""
    assert any(found_in(story.server / "pg_wal", piece, raw=True) for piece in _pieces(story.row))


def test_t10_before_the_erasure_the_thief_opens_it(story: Story) -> None:
    """With the store of keys as it was, and the person's phone: this thief knows how."""
    assert story.template in Thief(story, keys=story.folder / "keys before").everything()


def test_t10_nothing_that_is_left_opens_with_every_servers_secrets_and_the_phone(story: Story) -> None:
    opened = Thief(story, keys=story.stack.data_dir / "keys").everything()
    assert opened  # the vault's own key at least
    assert story.template not in opened


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
