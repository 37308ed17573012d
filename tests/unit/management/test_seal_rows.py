"""`manage.py seal_rows`: an operator vouches for the rows of a release before, once."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as running
from django.core.management import CommandError, call_command
from django.db import connection

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.policy.models import PolicyVersion
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_party, make_subject, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S8.3-01")]

SECRETS = dict(running.SECRETS)


@pytest.fixture(autouse=True)
def tenant(settings: Any, tmp_path: Path) -> Iterator[Tenant]:
    settings.KEY_STORE = tmp_path / "keys"
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


def _only(settings: Any, role: str) -> None:
    """Let this process hold one role's seal key, and those that all know."""
    settings.ROLES = [role]
    settings.SECRETS = {
        name: key for name, key in SECRETS.items() if "_private_" not in name or name.endswith(role)
    }


def test_each_role_has_its_turn_and_leaves_to_the_other_what_it_may_not_say(settings: Any) -> None:
    party = make_party(first_party=True)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE clients_relyingparty SET seal = NULL")
    _only(settings, "web")
    assert "relying-party: 0" in said()
    assert list(RelyingParty.objects.all()) == []
    assert "relying-party: vouched for before" in said()
    _only(settings, "portal")
    told = said()
    assert "relying-party: 1" in told
    assert party.pk in told
    assert "relying-party: vouched for before" in said()
    _only(settings, "web")
    assert list(RelyingParty.objects.all()) == [party]
