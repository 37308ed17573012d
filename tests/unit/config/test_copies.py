"""Copies that are made again and again: each named by its time, and the oldest erased."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from config.backups import place, taking
from config.backups.manifest import Manifest
from config.backups.place import BackupProblem, Place
from config.management.commands import backup

NAMES = ["2026-11-29T010000Z", "2026-11-30T010000Z", "2026-12-01T010000Z"]


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    for name in [*NAMES, "before-the-move", ".2026-11-28T010000Z.unfinished"]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "database.dump").touch()
    return tmp_path


def there(copies: Path) -> set[str]:
    return {path.name for path in copies.iterdir()}


def test_the_oldest_copies_are_erased_and_nothing_else(copies: Path) -> None:
    others = there(copies) - set(NAMES)
    assert [path.name for path in taking.erase_older(copies, 2)] == NAMES[:1]
    assert there(copies) == {*NAMES[1:], *others}
    assert taking.erase_older(copies, 2) == taking.erase_older(copies, 9) == []
    assert there(copies) == {*NAMES[1:], *others}


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is copied by making a folder."""

    def take(folder: Path, *_: object, **__: object) -> Manifest:
        folder.mkdir()
        return Manifest(datetime.now(UTC), "0.1.0", 170000, [], {}, {})

    somewhere = Place("db", "5432", "visor", "", "", {})
    monkeypatch.setattr(place, "told", lambda: somewhere)
    monkeypatch.setattr(place, "secrets_at", lambda _: {"backup": {"backup_key": "a2V5"}})
    monkeypatch.setattr(backup, "take", take)


@pytest.mark.usefixtures("database")
def test_a_copy_named_by_its_time_takes_the_place_of_the_oldest(copies: Path) -> None:
    said = StringIO()
    call_command("backup", copies, "--by-time", "--keep", "2", stdout=said)
    assert NAMES[2] in there(copies)
    assert NAMES[1] not in there(copies)
    (new,) = [name for name in there(copies) if name > NAMES[2] and name.endswith("Z")]
    made = datetime.strptime(new, "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - made).total_seconds()) < 60
    assert f"erased {copies / NAMES[1]}" in said.getvalue()


@pytest.mark.usefixtures("database")
def test_where_no_copy_is_made_none_is_erased(copies: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> Manifest:
        raise BackupProblem("the disk is full")

    monkeypatch.setattr(backup, "take", fail)
    before = there(copies)
    with pytest.raises(CommandError, match="the disk is full"):
        call_command("backup", copies, "--by-time", "--keep", "1")
    assert there(copies) == before


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "told", [["--keep", "2"], ["--by-time", "--keep", "0"], ["--by-time", "--keep", "x"]]
)
def test_nothing_is_erased_by_what_says_no_age(copies: Path, told: list[str]) -> None:
    before = there(copies)
    with pytest.raises(CommandError):
        call_command("backup", copies / "new", *told)
    assert there(copies) == before
