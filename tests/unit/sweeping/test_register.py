"""T06: every table has a row in the register of retention, and what is over goes when it says so."""

import re
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from authsvc.core.clock import now
from authsvc.core.retention import CLOCK_SET_BACK, Kept, Swept, conditions, register, swept
from authsvc.oidc.sessions.session import LIFE as SESSION
from authsvc.oidc.wire.lifetimes import PUSHED_REQUEST
from authsvc.person.visits import LIFE as VISIT
from authsvc.tenancy.open_work import ATTEMPT, DUE, RUNNING, SAMPLE
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.capturing import VERDICT_WITHIN
from authsvc.transactions.lifecycle import LIFE
from authsvc.transactions.models import Transaction
from config import retention
from tests.factories import make_subject, make_tenant
from tests.sweeping import erased
from tests.unit.sweeping.rows import count, dated, make_row, model_of

pytestmark = pytest.mark.requirement("S7-04")
retention.load()
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# "Minimal numbers" of the requirements: how long after its `since` a row may be there at most.
MOST = {
    "transactions_sealedsample": 5 * MINUTE - CLOCK_SET_BACK,
    "oidc_pushedrequest": timedelta(seconds=600) - PUSHED_REQUEST,
    "oidc_session": DAY + timedelta(hours=1),
    "person_visit": DAY,
    "accounts_administratorsession": timedelta(0),
    "transactions_transaction": timedelta(days=396),
}


@pytest.fixture
def _scope(db: None) -> Iterator[None]:
    with tenant_scope(make_tenant().id):
        yield


@pytest.mark.django_db
def test_t06_every_table_has_a_row_and_every_row_a_table() -> None:
    tables = set(connection.introspection.table_names())
    assert tables - set(register()) == set()
    assert set(register()) - tables == set()


def test_what_stays_for_good_says_why() -> None:
    rows = [row for rows in register().values() for row in rows]
    assert all(len(row.until) > 20 for row in rows if isinstance(row, Kept) and "for good" in row.until)
    assert all(row.why for row in rows if isinstance(row, Swept))


def test_no_row_stays_longer_than_the_minimal_numbers_say() -> None:
    for row in swept():
        assert row.after <= MOST.get(row.table, row.after), row.name
    assert set(MOST) <= {row.table for row in swept()}


def test_what_the_sweep_asks_for_is_what_the_rooms_say() -> None:
    """These stand as text in a room below theirs."""
    for state in Transaction.State:
        assert (f"'{state}'" in RUNNING) == (state not in Transaction.ENDED)
    assert ATTEMPT == LIFE
    assert SAMPLE > VERDICT_WITHIN
    assert MOST["oidc_session"] > SESSION
    assert MOST["person_visit"] > VISIT


def test_the_page_is_that_of_the_register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert retention.PATH.read_text(encoding="utf-8") == retention.page(), "manage.py retention"
    monkeypatch.setattr(retention, "PATH", tmp_path / "retention.md")
    with pytest.raises(CommandError, match=r"manage\.py retention"):
        call_command("retention", "--check")
    call_command("retention", stdout=StringIO())
    call_command("retention", "--check")


@pytest.mark.usefixtures("_scope")
@pytest.mark.parametrize("row", swept(), ids=lambda row: row.name)
def test_t06_what_is_over_goes_and_nothing_before(row: Swept) -> None:
    """With what hangs on it; what is not over stays, and other organisations' too."""
    moment = now()
    made = make_row(model_of(row.table))
    dated(made, row.since, moment)
    for child, column in row.takes.items():
        make_row(model_of(child), **{column.removesuffix("_id"): made})
    for child, column in row.leaves.items():
        make_row(model_of(child), **{column.removesuffix("_id"): made})
    if "subject_id IS NULL" not in row.only and row.table == "transactions_transaction":
        type(made)._base_manager.update(subject=make_subject())
    earlier = {table: count(table) for table in (row.table, *row.leaves)}
    assert row.name not in erased(row.after - MINUTE)
    assert {table: count(table) for table in earlier} == earlier
    assert erased(row.after + MINUTE)[row.name] == 1
    assert (count(row.table), *map(count, row.takes)) == (0, *[0] * len(row.takes))
    assert {table: count(table) for table in row.leaves} == dict.fromkeys(row.leaves, 1)


@pytest.mark.usefixtures("_scope")
@pytest.mark.parametrize("row", [row for row in swept() if row.longest is not None], ids=lambda row: row.name)
def test_o08_a_clock_that_was_set_back_keeps_nothing(row: Swept) -> None:
    """Who wrote it says that it is of tomorrow: nobody can say how old it is."""
    assert row.longest is not None
    made = make_row(model_of(row.table))
    dated(made, row.since, now() + row.longest + CLOCK_SET_BACK - timedelta(seconds=5))
    assert row.name not in erased()
    dated(made, row.since, now() + DAY)
    assert erased()[row.name] == 1


@pytest.mark.django_db
@pytest.mark.needs("postgresql")
def test_o11_an_index_finds_what_is_over() -> None:
    asked = [*conditions().values(), *DUE.values()]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for table, rules in asked:
            for rule in rules:
                over = rule.replace("moment", "now()")
                query = f"EXPLAIN SELECT tenant_id FROM {table} WHERE {over} LIMIT 10000"  # noqa: S608
                cursor.execute(query)
                plan = "\n".join(line for (line,) in cursor.fetchall())
                # What it looks for stands in the index, and is not filtered out of all of it.
                found = re.search(r"Index (?:Only )?Scan.* on (\w+)|Index Cond", plan)
                assert found, f"{query}\n{plan}"
                assert "Seq Scan" not in plan, f"{query}\n{plan}"
                assert "Index Cond" in plan or "state = 'submitted'" in rule, f"{query}\n{plan}"
