"""What comes into the log while old events are deleted keeps its place and its leaf."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import sleep
from typing import Any

import pytest
from django.db import connection, transaction

from authsvc.audit import contents, services, sql
from authsvc.audit.ageing import KEPT
from authsvc.audit.models import AuditEvent, Position, Segment
from authsvc.audit.sequencing import sequence
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.audit.tree import WIDTH
from authsvc.core.clock import now
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.open_work import SCHEDULED
from authsvc.tenancy.scope import tenant_scope
from authsvc.tenancy.sql import take_role
from tests.factories import make_tenant

pytestmark = [
    pytest.mark.needs("postgresql"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.requirement("S9.4-12"),
]
SECONDS = 20
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def await_one_that_waits() -> None:
    """Wait until somebody waits for a lock."""
    for _ in range(SECONDS * 20):
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
        sleep(0.05)
    raise AssertionError("nobody waits")


def in_a_thread(tenant: Tenant, act: Any, role: str = "") -> Any:
    try:
        with tenant_scope(tenant.id):
            if role:
                connection.ensure_connection()
                take_role(connection, role)
            return act()
    finally:
        connection.close()


def arrives() -> None:
    record(Tag.CLIENT_CREATED)
    assert sequence() == 1


def test_what_arrives_during_the_call_keeps_place_and_leaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may call it may name any position: also one that is not there yet."""
    tenant = make_tenant()
    with tenant_scope(tenant.id), ThreadPoolExecutor(2) as pool:
        monkeypatch.setattr(services, "now", lambda: now() - KEPT - timedelta(days=1))
        for _ in range(WIDTH):
            record(Tag.DEVICE_PROVEN, subject="ada")
        monkeypatch.setattr(services, "now", now)
        sequence()
        with transaction.atomic():
            AuditEvent.objects.select_for_update().earliest("sequence")
            pruning = pool.submit(in_a_thread, tenant, lambda: sql.delete_below(tenant.id, 1000), SCHEDULED)
            await_one_that_waits()
            pool.submit(in_a_thread, tenant, arrives).result(SECONDS)
        assert pruning.result(SECONDS) == WIDTH
        [event] = AuditEvent.objects.all()
        assert Position.objects.get().event == event.sequence
        assert [(row.first, row.count) for row in Segment.objects.all()] == [(WIDTH, 1)]
        assert len(contents.leaves(WIDTH, WIDTH + 1)) == 1
