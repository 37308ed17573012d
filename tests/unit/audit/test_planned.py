"""How PostgreSQL thinks of the log, which decides how quickly a page of it is read."""

import pytest
from django.db import connection
from django.db.models import QuerySet

from authsvc.audit.models import AuditEvent
from authsvc.core.clock import now
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant

pytestmark = [pytest.mark.needs("postgresql"), pytest.mark.django_db]
EVENTS = 20


def expected(events: QuerySet[AuditEvent]) -> int:
    """Return how many rows PostgreSQL expects."""
    sql, values = events.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE audit_auditevent")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", values)
        return int(cursor.fetchone()[0][0]["Plan"]["Plan Rows"])


def test_a_reason_is_known_to_be_of_its_tag() -> None:
    """Taken for independent of its tag, it would be expected a twentieth as often."""
    tenant, at = make_tenant(), now()
    with tenant_scope(tenant.pk):
        AuditEvent.objects.bulk_create(
            AuditEvent(tenant=tenant, at=at, tag=f"tag:{tag}", reason=f"reason-{tag}-{reason}")
            for tag in range(20)
            for reason in range(5)
            for _ in range(EVENTS)
        )
        wanted = AuditEvent.objects.filter(tag="tag:7", reason="reason-7-2")
        assert wanted.count() == EVENTS
        assert EVENTS / 3 <= expected(wanted) <= EVENTS * 3
