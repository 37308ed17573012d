"""Who says that they are ready has looked at everything, and is heard in time."""

import time
from itertools import count
from pathlib import Path
from threading import Event

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, override_settings

from authsvc.heartbeats import beats
from authsvc.heartbeats.beats import heard
from config import health
from config.health import PARTS, Health, Needed, look, needed
from config.roles import ROLES, Role

NOBODY = "redis://127.0.0.1:1/0"


def part(name: str) -> Needed:
    return next(each for each in PARTS if each.name == name)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_needs_the_database_and_its_tables(role: Role) -> None:
    own = {each.name for each in needed([role], own=True)}
    assert {"database", "migrations"} <= own
    assert own <= {each.name for each in needed([role])}


def test_who_answers_people_looks_at_everything_that_checks_a_face() -> None:
    assert {each.name for each in needed(["web"])} == {
        "database", "migrations", "static", "broker", "limits", "worker", "sample_key",
        "scheduler", "log", "sweeper", "deliveries",
    }  # fmt: skip


@pytest.mark.django_db
def test_nothing_is_ready_where_nobody_works(client: Client) -> None:
    answer = client.get("/readyz")
    found = answer.json()
    assert answer.status_code == 503
    assert (found["database"], found["migrations"], found["worker"], found["sample_key"]) == (
        True, True, False, False,
    )  # fmt: skip


@pytest.mark.django_db
def test_scheduled_work_is_there_once_it_has_done_something() -> None:
    beats._due.clear()
    assert look([part("scheduler"), part("sweeper")]) == {"scheduler": False, "sweeper": False}
    heard("scheduler")
    assert look([part("scheduler"), part("sweeper")]) == {"scheduler": True, "sweeper": False}


@pytest.mark.django_db
def test_a_table_of_this_release_that_is_missing_is_noticed() -> None:
    assert look([part("migrations")]) == {"migrations": True}
    MigrationRecorder.Migration.objects.create(app="keys", name="9999_of_a_release_to_come")
    assert look([part("migrations")]) == {"migrations": True}
    MigrationRecorder.Migration.objects.filter(app="heartbeats").delete()
    assert look([part("migrations")]) == {"migrations": False}


def test_files_that_were_not_collected_are_noticed(tmp_path: Path) -> None:
    source, collected = tmp_path / "source", tmp_path / "collected"
    for folder in (source, collected):
        (folder / "js").mkdir(parents=True)
        (folder / "js" / "page.js").write_text("1")
    (source / ".ready").touch()  # which no page asks for, and nothing collects
    one_folder = override_settings(
        STATICFILES_DIRS=[source], STATICFILES_FINDERS=["django.contrib.staticfiles.finders.FileSystemFinder"]
    )
    with one_folder, override_settings(STATIC_ROOT=collected):
        health._static_files.cache_clear()
        assert look([part("static")]) == {"static": True}
        (source / "js" / "page.js").write_text("of a release after")
        assert look([part("static")]) == {"static": True}  # what is served was read at the start
        health._static_files.cache_clear()
        assert look([part("static")]) == {"static": False}
    with one_folder, override_settings(STATIC_ROOT=tmp_path / "nothing"):
        health._static_files.cache_clear()
        assert look([part("static")]) == {"static": False}
    health._static_files.cache_clear()


def test_a_redis_that_is_gone_is_noticed_and_none_is_needed_without_one() -> None:
    both = [part("broker"), part("limits")]
    with override_settings(CELERY_BROKER_URL=NOBODY, COUNTERS=NOBODY):
        assert look(both) == {"broker": False, "limits": False}
    with override_settings(CELERY_BROKER_URL="embedded://localhost", COUNTERS="database"):
        assert look(both) == {"broker": True, "limits": True}


def test_who_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LONGEST", 0.2)
    going_on = Event()
    asked = Health([Needed("there", lambda: True), Needed("hangs", going_on.wait)])
    began = time.monotonic()
    assert asked.found() == asked.found() == {"there": False, "hangs": False}
    assert time.monotonic() - began < 2
    going_on.set()
    assert asked._looking is not None
    asked._looking.join(5)
    assert asked.found() == {"there": True, "hangs": True}


def test_who_asks_often_costs_no_more() -> None:
    counted = count(1)
    asked = Health([Needed("counted", lambda: bool(next(counted)))])
    assert [asked.found() for _ in range(20)] == [{"counted": True}] * 20
    assert next(counted) == 2


@pytest.mark.django_db
def test_looking_leaves_a_connection_that_works() -> None:
    look([part("broker"), part("database")])
    assert connection.is_usable()
