"""T06: a list reads no column that others can make long; eight views of attempts once took 1.2 GB."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from authsvc.tenancy.models import Tenant
from authsvc.transactions import services
from authsvc.transactions.models import Transaction
from portal.screens import SCREENS
from tests.factories import make_consent, make_device, make_party, make_subject
from tests.unit.transactions.flow import CHALLENGE, proven

# What a stranger, an agent or a worker fills.
LONG = {
    "transactions_transaction": {"request", "session_key", "webauthn_state", "webauthn_nonce", "handoff"},
    "transactions_capture": {"challenge", "verdict", "offered_to"},
    "transactions_sealedsample": {"body"},
    "transactions_outgoing": {"body"},
    "oidc_pushedrequest": {"parameters"},
    "privacy_consentreceipt": {"notice"},
    "vault_reference": {"sealed_template"},
}
_COLUMN = re.compile(r'"(\w+)"\."(\w+)"')


def long_columns(queries: Any) -> set[tuple[str, str]]:
    """Return the long columns that statements read out."""
    read = (query["sql"].partition(" FROM ")[0] for query in queries if query["sql"].startswith("SELECT"))
    columns = {each for columns in read for each in _COLUMN.findall(columns)}
    return {(table, column) for table, column in columns if column in LONG.get(table, set())}


@pytest.fixture
def filled(tenant: Tenant) -> Transaction:
    """An attempt of a person at a relying party, with a challenge."""
    subject = make_subject()
    make_consent(subject)
    row = proven(make_device(subject), client=make_party())
    services.issue_capture(row, challenge=CHALLENGE)
    return row


@pytest.mark.requirement("S9.5-05")
@pytest.mark.parametrize("name", [screen.name for screen in SCREENS])
def test_t06_a_list_reads_nothing_long(owner: Client, tenant: Tenant, filled: Transaction, name: str) -> None:
    address = reverse(name, kwargs={"tenant": tenant.slug})
    with CaptureQueriesContext(connection) as asked:
        answer = owner.get(address)
    assert answer.status_code == 200
    assert long_columns(asked) == set()


@pytest.mark.requirement("S9.5-05")
def test_t06_a_persons_file_lists_attempts_without_what_was_asked(
    owner: Client, tenant: Tenant, filled: Transaction
) -> None:
    address = reverse("person", kwargs={"tenant": tenant.slug, "subject": filled.subject_id})
    with CaptureQueriesContext(connection) as asked:
        assert owner.get(address).status_code == 200
    assert ("transactions_transaction", "request") not in long_columns(asked)


def test_the_list_shows_who_where_and_how_it_ended(
    owner: Client, tenant: Tenant, filled: Transaction
) -> None:
    shown = owner.get(reverse("attempts", kwargs={"tenant": tenant.slug})).content.decode()
    assert "Person under test" in shown
    assert "Partner" in shown
