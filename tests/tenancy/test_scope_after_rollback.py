"""What the database was told in a function that was rolled back is told again at the function's next call."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_subject, make_tenant

pytestmark = [
    pytest.mark.needs("postgresql"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.requirement("S8.3-02"),
]


class TakenBack(Exception):
    """What the function found is taken back."""


@transaction.atomic
def count(*, fails: bool) -> int:
    """Count people, as whose first statement in this scope it is."""
    found = Subject.objects.count()
    if fails:
        raise TakenBack
    return found


@pytest.fixture
def another() -> Iterator[Tenant]:
    """A tenant for which the connection was used before."""
    row = make_tenant()
    with tenant_scope(row.id):
        make_subject()
        assert Subject.objects.count() == 1
        yield row


def test_a_function_that_is_called_again_after_a_rollback_sees_its_tenants_rows(another: Tenant) -> None:
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        make_subject()
        make_subject()
    with tenant_scope(another.id):
        assert Subject.objects.count() == 1
    with tenant_scope(tenant.id):
        with pytest.raises(TakenBack):
            count(fails=True)
        assert not connection.in_atomic_block
        assert count(fails=False) == 2
