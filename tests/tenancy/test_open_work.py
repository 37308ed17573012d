"""Scheduled work is told which tenants have something open, and nothing else of them (ADR 0264)."""

from contextlib import suppress

import psycopg
import pytest
from django.db import connection
from psycopg.errors import InsufficientPrivilege

from authsvc.tenancy.each import in_each_tenant, of_each_tenant
from authsvc.tenancy.grants import BACKUP, PROCESSES
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.open_work import OPEN, SCHEDULED, TELLING, Work
from authsvc.tenancy.scope import current_tenant_id, tenant_scope
from authsvc.transactions.models import Capture, Transaction
from tests.factories import make_tenant, offer_sample_key
from tests.tenancy.as_roles import connect_as
from tests.unit.transactions import flow

CALL = f"SELECT {TELLING}('transactions')"
on_postgresql = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.needs("postgresql"),
    pytest.mark.requirement("S8.3-02"),
]


@pytest.fixture
def busy() -> Tenant:
    """A tenant with a sample that waits, beside one that sleeps."""
    make_tenant("sleeping")
    tenant = make_tenant("busy")
    with tenant_scope(tenant.id):
        offer_sample_key()
        _, device = flow.person()
        flow.submitted(device)
    return tenant


def visited(having: Work) -> list[object]:
    return list(of_each_tenant(lambda: [current_tenant_id()], having=having))


@pytest.mark.parametrize("state", list(Transaction.State))
def test_a_transaction_is_open_until_it_ends(state: Transaction.State) -> None:
    rule = OPEN["transactions"]["transactions_transaction"]
    assert (f"'{state}'" in rule) == (state not in Transaction.ENDED)


def test_a_capture_is_open_while_its_sample_waits() -> None:
    assert OPEN["captures"]["transactions_capture"] == f"state = '{Capture.State.SUBMITTED}'"


class TestOnPostgresql:
    pytestmark = on_postgresql

    def test_only_tenants_with_open_work_are_visited(self, busy: Tenant) -> None:
        assert visited("captures") == visited("transactions") == visited("samples") == [busy.id]
        assert visited("deliveries") == visited("sign-ins") == []

    def test_a_step_is_done_where_there_is_work(self, busy: Tenant) -> None:
        done: list[object] = []
        in_each_tenant(lambda: done.append(current_tenant_id()), having="samples")
        assert done == [busy.id]

    def test_t02_the_scheduled_work_alone_may_ask(self, busy: Tenant) -> None:
        for role in (*PROCESSES, BACKUP):
            with connect_as(role) as opened:
                if role == SCHEDULED:
                    assert opened.execute(CALL).fetchall() == [(busy.id,)]
                else:
                    with pytest.raises(InsufficientPrivilege):
                        opened.execute(CALL)

    def test_t02_what_it_sees_inside_stays_there(self, busy: Tenant) -> None:
        with connect_as(SCHEDULED) as opened:
            opened.execute(CALL)
            assert opened.execute("SELECT current_setting('visor.tenant')").fetchone() == ("",)
            assert opened.execute("SELECT count(*) FROM transactions_transaction").fetchone() == (0,)

    def test_t02_no_table_of_the_askers_takes_the_place_of_ours(self, busy: Tenant) -> None:
        with connect_as(SCHEDULED) as opened:
            with suppress(psycopg.Error):  # A role that may make none needs no more.
                opened.execute("CREATE TEMP TABLE tenancy_tenant (id uuid)")
            assert opened.execute(CALL).fetchall() == [(busy.id,)]

    def test_it_runs_as_the_owner_with_a_fixed_path(self, busy: Tenant) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT prosecdef, proconfig FROM pg_proc WHERE proname = %s", [TELLING])
            [(definer, settings)] = cursor.fetchall()
        assert definer
        assert any(each.startswith("search_path=") and each.endswith("pg_temp") for each in settings)
