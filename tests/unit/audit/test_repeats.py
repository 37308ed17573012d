"""T06: refusals that repeat do not fill the log, and the log says how many they were."""

from collections.abc import Iterator

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.oidc.wire.door import note
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.5-05")]
REGISTERED = " ".join(f"https://{number}.example/{'x' * 60}" for number in range(600))


@pytest.fixture(autouse=True)
def tenant() -> Iterator[Tenant]:
    row = make_tenant()
    with tenant_scope(row.id):
        yield row


def refuse(rule: str = "redirect-uri", transaction: str = "") -> str:
    refused = RequestRefused(
        "invalid_request", "Not registered.", rule=rule, came="y" * 900, expected=REGISTERED
    )
    return note(refused, tag=Tag.REQUEST_REFUSED, client_id="a-site", transaction=transaction)


def test_t06_a_refusal_is_small_whatever_was_expected() -> None:
    refuse()
    assert len(str(AuditEvent.objects.values().get())) < 2000


def test_t06_of_many_alike_some_are_written_and_say_how_many() -> None:
    numbers = [refuse() for _ in range(300)]
    assert len(set(numbers)) == 300
    rows = AuditEvent.objects.filter(reason="redirect-uri")
    assert rows.count() == 24
    assert [row.details["times"] for row in rows.order_by("sequence")[20:]] == [32, 64, 128, 256]
    refuse("nonce")
    assert AuditEvent.objects.filter(reason="nonce").count() == 1


def test_those_of_an_attempt_are_its_own() -> None:
    for number in range(30):
        refuse(transaction=f"t{number}")
    assert AuditEvent.objects.count() == 30
