"""`manage.py seal_rows`: an operator vouches for the rows of a release before, once."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.policy.models import PolicyVersion
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_subject, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S8.3-01")]


@pytest.fixture(autouse=True)
def tenant(settings: Any, tmp_path: Path) -> Iterator[Tenant]:
    settings.COUNTERS_FILE = tmp_path / "counters.sqlite3"
    made = make_tenant()
    with tenant_scope(made.id):
        yield made


def unsealed() -> Subject:
    """Somebody of a release before seals."""
    person = make_subject(name="Of before")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE subjects_subject SET seal = NULL WHERE name = 'Of before'")
    return person


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("seal_rows", *arguments, stdout=out)
    return out.getvalue()


def test_what_it_vouched_for_is_listed_and_believed(tenant: Tenant) -> None:
    person = unsealed()
    assert list(Subject.objects.all()) == []
    told = said()
    assert "subject: 1\n" in told
    assert f"{tenant.slug}: {person.pk}" in told
    assert list(Subject.objects.all()) == [person]
    event = AuditEvent.objects.get(tag=Tag.ROWS_VOUCHED_FOR.value)
    assert event.details == {"kind": "subject", "count": 1}
    assert PolicyVersion.objects.get().number == 0


def test_a_row_that_comes_without_a_seal_later_is_nobodys() -> None:
    said()
    person = unsealed()
    assert "subject: vouched for before" in said()
    assert list(Subject.objects.all()) == []
    assert str(person.pk) in said("--again")
    assert list(Subject.objects.all()) == [person]


def test_a_row_with_a_broken_seal_is_not_vouched_for() -> None:
    make_subject(name="Altered")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE subjects_subject SET reference = 'swapped'")
    assert "subject: 0" in said()
    assert list(Subject.objects.all()) == []


def test_without_a_roles_keys_it_says_which_to_name(settings: Any) -> None:
    settings.SECRETS = {}
    with pytest.raises(CommandError, match="VISOR_ROLES=web and VISOR_ROLES=portal"):
        said()
