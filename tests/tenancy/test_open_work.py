"""Scheduled work is told which tenants have something open, and nothing else of them (ADR 0264)."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, connection
from django.test.utils import CaptureQueriesContext
from psycopg.errors import InsufficientPrivilege

from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.ids import new_secret
from authsvc.delivery import outbox
from authsvc.delivery.models import Delivery
from authsvc.devices.models import Device
from authsvc.management.approvals import expire
from authsvc.management.models import Approval
from authsvc.management.tasks import erase_what_is_over, expire_approvals
from authsvc.oidc.models import Session
from authsvc.oidc.sessions.logout.backchannel import LOGOUT
from authsvc.oidc.tasks import end_sessions
from authsvc.subjects.models import Subject
from authsvc.tenancy.each import in_each_tenant, of_each_tenant
from authsvc.tenancy.grants import BACKUP, PROCESSES
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.open_work import OPEN, SCHEDULED, TELLING, Work
from authsvc.tenancy.scope import current_tenant_id, every_tenant_scope, tenant_scope
from authsvc.tenancy.sql import tenants_with
from authsvc.transactions.models import Capture, Transaction
from authsvc.vault.models import Reference
from tests.factories import make_device, make_subject, make_tenant, offer_sample_key
from tests.tenancy.as_roles import connect_as
from tests.tenancy.conftest import fill, make_visit
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


def sign_in(subject: Subject) -> Session:
    """Make a session of a person that their face opened too."""
    return Session.objects.create(
        digest=new_secret(),
        subject=subject,
        device=make_device(subject),
        events={"L2": {"at": now().isoformat(), "amr": [], "policy": "digest", "face": None}},
        authenticated_at=now(),
        last_used_at=now(),
    )


def take_away(ground: str, subject: Subject) -> None:
    """Take from a person what their sign-in rests on."""
    if ground == "device":
        Device.objects.filter(subject=subject).update(status=Device.Status.REVOKED)
    elif ground == "person":
        Subject.objects.filter(pk=subject.pk).update(status=Subject.Status.CLOSED)
    elif ground == "reference":
        Reference.objects.create(
            pseudonym=subject.reference,
            model="G",
            sealed_template=b"",
            engine="engine",
            status=Reference.Status.REVOKED,
        )
    else:
        Subject.objects.filter(pk=subject.pk).update(reference="")


def visited(having: Work) -> list[object]:
    return list(of_each_tenant(lambda: [current_tenant_id()], having=having))


@pytest.mark.parametrize("state", list(Transaction.State))
def test_a_transaction_is_open_until_it_ends(state: Transaction.State) -> None:
    rule = OPEN["transactions"]["transactions_transaction"]
    assert (f"'{state}'" in rule) == (state not in Transaction.ENDED)


def test_a_reference_and_an_approval_are_open_until_they_end() -> None:
    assert OPEN["references"]["vault_reference"] == f"status = '{Reference.Status.ACTIVE}'"
    assert OPEN["log checks"]["management_logcheck"] == "ended_at IS NULL"
    assert OPEN["approvals"]["management_approval"] == f"state = '{Approval.State.PENDING}'"


SWEEPS: Mapping[Work, Callable[[], object]] = {
    "approvals": expire,
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", SWEEPS)
def test_a_sweep_looks_in_no_table_that_its_kind_leaves_out(kind: Work) -> None:
    with tenant_scope(make_tenant().id), CaptureQueriesContext(connection) as asked:
        SWEEPS[kind]()
    tables = {name for query in asked for name in re.findall(r'FROM "(\w+)"', query["sql"])}
    assert tables == set(OPEN[kind])


def test_a_capture_is_open_while_its_sample_waits() -> None:
    assert OPEN["captures"]["transactions_capture"] == f"state = '{Capture.State.SUBMITTED}'"


class TestOnPostgresql:
    pytestmark = on_postgresql

    def test_only_tenants_with_open_work_are_visited(self, busy: Tenant) -> None:
        assert visited("captures") == visited("transactions") == visited("samples") == [busy.id]
        assert visited("deliveries") == visited("sign-ins") == []

    @pytest.fixture
    def strewn(self, db: None) -> Tenant:
        """A tenant with something of all that waits for days, beside one that sleeps."""
        make_tenant("sleeping")
        ours = fill(make_tenant())
        with tenant_scope(ours.tenant.id):
            make_visit(ours)
            outbox.put(LOGOUT, client=RelyingParty.objects.get(), about="told")
            Delivery.objects.update(due_at=None)
            Reference.objects.create(model="G", sealed_template=b"", engine="engine", consent="c")
        return ours.tenant

    @pytest.mark.parametrize(
        ("task", "step"),
        [
            (erase_what_is_over, "authsvc.management.tasks.erase_overdue"),
            (expire_approvals, "authsvc.management.tasks.expire"),
        ],
        ids=["references", "approvals"],
    )
    def test_what_is_swept_for_days_is_swept_where_there_is_some(
        self, monkeypatch: pytest.MonkeyPatch, strewn: Tenant, task: Any, step: str
    ) -> None:
        done: list[object] = []
        monkeypatch.setattr(step, lambda: done.append(current_tenant_id()))
        task()
        assert done == [strewn.id]

    def test_what_was_told_is_not_due(self, strewn: Tenant) -> None:
        assert visited("deliveries") == []

    def test_o11_while_no_sign_in_has_lost_its_ground_one_question_is_asked_for_all_tenants(self) -> None:
        asked = []
        for more in (3, 27):
            for _ in range(more):
                with tenant_scope(make_tenant().id):
                    sign_in(make_subject())
            with CaptureQueriesContext(connection) as found:
                end_sessions()
            asked.append(len(found))
        assert asked == [1, 1]

    @pytest.mark.parametrize("ground", ["device", "person", "reference", "no reference"])
    def test_a_sign_in_without_its_ground_is_found_wherever_it_is(self, ground: str) -> None:
        """As many statements for its tenant, however many others there are."""
        asked, left = [], []
        for others in (3, 27):
            for _ in range(others):
                with tenant_scope(make_tenant().id):
                    sign_in(make_subject())
            with tenant_scope(make_tenant().id):
                subject = make_subject()
                left.append((current_tenant_id(), subject.pk))
                sign_in(subject)
                take_away(ground, subject)
            with CaptureQueriesContext(connection) as found:
                end_sessions()
            asked.append(len(found))
        assert asked[0] == asked[1] > 1
        for tenant, person in left:
            with tenant_scope(tenant):
                assert not Session.objects.filter(subject=person, ended_at=None).exists()
        with every_tenant_scope():
            assert Session.objects.filter(ended_at=None).count() == 30

    def test_an_unknown_kind_is_said(self, busy: Tenant) -> None:
        with pytest.raises(ProgrammingError, match=r"run manage\.py migrate"):
            tenants_with(connection, TELLING, "dreams")

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
