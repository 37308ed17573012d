"""A running product is copied and restored into a server that knows nothing of it (O03)."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from config.backups import manifest
from config.backups.place import BackupProblem
from config.backups.restoring import refuse_later
from config.secrets import BACKUP_KEY
from devtools.demo.run import ROOT
from devtools.phone.phone import Person, SoftwarePhone
from devtools.stack.services import empty_cluster
from devtools.stack.stack import Stack, as_user

pytestmark = [
    pytest.mark.needs("postgresql", "redis", "photos", "models"),
]
CATALOGUE = (
    """SELECT tablename, policyname, (SELECT array_agg(r::text ORDER BY r) FROM unnest(roles) r), cmd, qual
        FROM pg_policies ORDER BY 1, 2""",
    """SELECT relname, relowner::regrole::text, relrowsecurity, relforcerowsecurity FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1""",
    """SELECT table_name, column_name, grantee, privilege_type FROM information_schema.column_privileges
        WHERE grantee LIKE 'visor%' AND table_schema = 'public' ORDER BY 1, 2, 3, 4""",
    """SELECT proname, proowner::regrole::text, prosecdef,
        (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(proacl) a) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace ORDER BY 1""",
    "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
)
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Site:
    """The product, a copy of its database, and the server into which that was restored."""

    stack: Stack
    copy: Path
    keys: Path
    url: str
    said: str

    @property
    def key(self) -> str:
        content = json.loads((self.stack.data_dir / "secrets.json").read_text())
        return str(content["backup"][BACKUP_KEY])


def manage(stack: Stack, *arguments: str | Path, **changes: str) -> Done:
    command = [sys.executable, str(ROOT / "manage.py"), *map(str, arguments)]
    return subprocess.run(command, env={**stack.env, **changes}, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(stack: Stack, person: Person, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("copies")
    SoftwarePhone(person).sign_in(f"{stack.partner_url}/members")
    (folder / "passphrase").write_text("a passphrase of many characters")
    passphrase = ("--passphrase-file", folder / "passphrase")
    copy, keys = folder / "database" / "today", folder / "keys" / "today"
    keys.parent.mkdir()
    taken = manage(stack, "backup", copy, "--keys", keys, *passphrase)
    assert taken.returncode == 0, taken.stderr
    with empty_cluster() as url:
        back = ("--keys", keys, *passphrase, "--destroyed", f"{keys}.destroyed")
        store = {"VISOR_KEY_STORE": str(folder / "restored keys")}
        done = manage(stack, "restore", copy, *back, VISOR_DATABASE_URL=url, **store)
        assert done.returncode == 0, done.stderr + done.stdout
        yield Site(stack, copy, keys, url, done.stdout)


def _counted(opened: "psycopg.Connection[tuple[int]]", table: str) -> int:
    row = opened.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    assert row is not None
    return row[0]


def test_o03_a_copy_comes_back_table_by_table_and_is_believed(site: Site) -> None:
    said = manifest.read(site.copy, site.key)
    assert said.rows["subjects_subject"] >= 1
    assert said.rows["transactions_transaction"] >= 1
    assert {"demo"} <= said.logs.keys()
    with psycopg.connect(site.url) as opened:
        assert {name: _counted(opened, name) for name in said.rows} == said.rows
    assert "Log and seals hold." in site.said
    for what in (
        "tables, policies and grants",
        "erased references",
        "audit log",
        "seals by web",
        "seals by portal",
    ):
        assert f"{what}: well" in site.said
    assert "events, whole" in site.said
    assert "keys restored" in site.said


def test_o03_roles_rights_and_policies_are_those_of_before(site: Site) -> None:
    theirs, ours = site.url, as_user(site.stack.env["VISOR_DATABASE_URL"], "root")
    for query in CATALOGUE:
        with psycopg.connect(theirs) as there, psycopg.connect(ours) as here:
            assert there.execute(query).fetchall() == here.execute(query).fetchall()


def test_o03_nothing_is_restored_over_something(site: Site) -> None:
    done = manage(site.stack, "restore", site.copy, VISOR_DATABASE_URL=site.url)
    assert done.returncode != 0
    assert "a copy is restored into an empty database alone" in done.stderr


def test_o03_no_folder_is_copied_into_twice_and_the_keys_lie_elsewhere(site: Site, tmp_path: Path) -> None:
    again = manage(site.stack, "backup", site.copy)
    assert "every copy has a folder of its own" in again.stderr
    beside = manage(site.stack, "backup", tmp_path / "copy", "--keys", tmp_path / "keys")
    assert "the keys' copy would lie beside the database's" in beside.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("role", ["web", "worker"])
def test_o03_whoever_would_copy_some_rows_alone_is_refused(site: Site, tmp_path: Path, role: str) -> None:
    url = as_user(site.stack.env["VISOR_DATABASE_URL"], f"visor_{role}")
    done = manage(site.stack, "backup", tmp_path / "copy", VISOR_DATABASE_URL=url)
    assert done.returncode != 0
    assert f"visor_{role} does not see every row of" in done.stderr
    assert "name no user in VISOR_DATABASE_URL" in done.stderr
    assert list(tmp_path.iterdir()) == []


ALTERED = ("truncated", "one bit", "gone", "another manifest", "fewer rows", "no mac", "another's key")


@pytest.mark.parametrize("how", ALTERED)
def test_o03_a_truncated_or_altered_copy_is_refused(site: Site, tmp_path: Path, how: str) -> None:
    copy, key = tmp_path / "copy", site.key
    shutil.copytree(site.copy, copy)
    dump, said = copy / "database.dump", copy / "manifest.json"
    manifest.read(copy, key)
    content = bytearray(dump.read_bytes())
    if how == "truncated":
        dump.write_bytes(content[: len(content) // 2])
    if how == "one bit":
        content[len(content) // 2] ^= 1
        dump.write_bytes(content)
    if how == "gone":
        dump.unlink()
    if how == "another manifest":
        dump.write_bytes(content[:-1])
        told = json.loads(said.read_text())
        told["files"]["database.dump"] = manifest.fingerprint(dump)
        said.write_text(json.dumps(told))
    if how == "fewer rows":
        said.write_text(said.read_text().replace('"subjects_subject": ', '"subjects_subject": 1'))
    if how == "no mac":
        (copy / "manifest.hmac-sha256").unlink()
    if how == "another's key":
        key = "bm90IG91cnM="
    with pytest.raises(BackupProblem, match=r"altered|gone|holds no whole copy"):
        manifest.read(copy, key)


def test_o03_an_altered_copy_leaves_the_server_as_it_was(site: Site, tmp_path: Path) -> None:
    copy, elsewhere = tmp_path / "copy", site.url.rpartition("/")[0] + "/elsewhere"
    shutil.copytree(site.copy, copy)
    with (copy / "database.dump").open("ab") as dump:
        dump.write(b"more")
    done = manage(site.stack, "restore", copy, VISOR_DATABASE_URL=elsewhere)
    assert "truncated, altered or gone: nothing of this copy is used" in done.stderr
    with psycopg.connect(site.url) as opened:
        found = opened.execute("SELECT 1 FROM pg_database WHERE datname = 'elsewhere'").fetchall()
    assert found == []


def test_o03_a_copy_of_a_later_release_is_refused(site: Site) -> None:
    said = manifest.read(site.copy, site.key)
    refuse_later(said)
    said.migrations.append("subjects_0999_of_tomorrow".replace("_", ".", 1))
    with pytest.raises(BackupProblem, match=r"subjects\.0999_of_tomorrow this one does not know"):
        refuse_later(said)


def test_o03_what_somebody_changes_in_what_was_restored_is_not_believed(site: Site) -> None:
    url = site.url.replace("root@", "")
    with psycopg.connect(site.url) as opened:
        opened.execute("UPDATE subjects_subject SET name = 'Somebody else' WHERE seal IS NOT NULL")
    done = manage(site.stack, "seal_rows", "--check", VISOR_DATABASE_URL=url, VISOR_ROLES="web")
    assert done.returncode != 0
    assert "rows are not believed" in done.stderr
    assert "not believed: " in done.stdout
