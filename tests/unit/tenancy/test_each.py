"""What is done for every tenant is done for each in turn."""

import pytest

from authsvc.subjects.models import Subject
from authsvc.tenancy.each import in_each_tenant, of_each_tenant
from authsvc.tenancy.scope import current_tenant_id, scope_value, tenant_scope
from tests.factories import make_subject, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S8.3-02")]


@pytest.fixture(autouse=True)
def _two() -> None:
    for slug in ("one", "two"):
        with tenant_scope(make_tenant(slug).id):
            make_subject(name=f"Of {slug}")


def test_rows_of_every_tenant_come_and_their_taker_is_in_no_scope() -> None:
    names = []
    for row in of_each_tenant(Subject.objects.all):
        names.append(row.name)
        assert scope_value() == ""
    assert sorted(names) == ["Of one", "Of two"]


def test_one_tenants_trouble_keeps_no_other_waiting() -> None:
    reached = []

    def step() -> None:
        reached.append(current_tenant_id())
        raise ValueError("trouble")

    in_each_tenant(step)
    assert len(set(reached)) == 2
