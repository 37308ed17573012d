"""How many statements each page of the portal takes, whatever the number of rows."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.enrolment.services import create_link
from authsvc.management import people
from authsvc.management.actors import System
from authsvc.management.disputes import raise_dispute
from authsvc.privacy.models import Need
from authsvc.privacy.needs import keep_need
from authsvc.self_enrolment.models import Arrival
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import AttemptCounter, Transaction
from authsvc.vault.models import Moment, Reference
from portal.screens import SCREENS
from tests.factories import make_consent, make_device, make_party, make_subject
from tests.unit.transactions.flow import proven

MOST = 12
PAGES = {
    **{screen.name: ("", {}) for screen in SCREENS},
    "people by name": ("people", {"search": "person"}),
    "people whose face is off": ("people", {"face": "off", "status": "active", "since": "2020-01-01"}),
    "attempts of a person": ("attempts", {"person": "person", "party": "Partner", "outcome": "running"}),
    "attempts by reason": ("attempts", {"reason": "non-match", "level": "L2", "until": "2030-01-01"}),
    "alarms": ("audit", {"group": "alarms", "since": "2020-01-01"}),
    "events of a person": ("audit", {"person": "person", "client": "Partner"}),
    "relying parties by name": ("relying-parties", {"search": "partner", "status": "active"}),
    "search": ("search", {"q": "person"}),
    "suggestions": ("search-suggest", {"q": "person"}),
}


@pytest.fixture
def filled(tenant: Tenant) -> Transaction:
    """Three people with passkeys, attempts and events at three relying parties."""
    rows = []
    for _ in range(3):
        subject, party = make_subject(), make_party()
        make_consent(subject)
        rows.append(proven(make_device(subject), client=party))
        record(Tag.DEVICE_REVOKED, actor="a", subject=str(subject.pk), client=party.client_id)
    return rows[0]


def statements(browser: Client, address: str, query: dict[str, Any]) -> list[str]:
    """The statements of a page that was opened before."""
    browser.get(address, query)
    with CaptureQueriesContext(connection) as asked:
        answer = browser.get(address, query)
    assert answer.status_code == 200, address
    return [each["sql"] for each in asked.captured_queries]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_takes_at_most_twelve_statements(
    owner: Client, tenant: Tenant, filled: Transaction, name: str
) -> None:
    route, query = PAGES[name]
    address = reverse(route or name, kwargs={"tenant": tenant.slug})
    asked = statements(owner, address, query)
    assert len(asked) <= MOST, "\n".join(asked)


def test_details_take_twelve_too(owner: Client, tenant: Tenant, filled: Transaction) -> None:
    for route, named in (
        ("attempt", {"transaction": filled.pk}),
        ("relying-party", {"party": filled.client_id}),
    ):
        asked = statements(owner, reverse(route, kwargs={"tenant": tenant.slug, **named}), {})
        assert len(asked) <= MOST, "\n".join(asked)


def test_a_person_of_whom_everything_is_known_takes_twelve_too(
    owner: Client, tenant: Tenant, filled: Transaction
) -> None:
    person, by = filled.subject, System("a test")
    assert person is not None
    kept = Reference.objects.create(pseudonym=person.reference, model="G", engine="own", consent="none")
    Moment.objects.create(reference=kept, quality=60)
    for kind in Need.Kind:
        keep_need(person, kind, by_person=True, actor=by.name)
    create_link(subject=person, created_by=by.name)
    Arrival.objects.create(issuer="https://id.example", sub="ada-7", subject=person, came_at=now())
    AttemptCounter.objects.create(subject=person, failures=3)
    raise_dispute(by=by, subject=person, kind="other", said="No")
    people.change(by=by, subject=person, name="Ada King", external_id="", email="", claims={})
    address = reverse("person", kwargs={"tenant": tenant.slug, "subject": person.pk})
    asked = statements(owner, address, {})
    assert len(asked) <= MOST, "\n".join(asked)
    page = owner.get(address).content.decode()
    for said in (
        "Ada King",
        "is being taken over",
        "Left out",
        "Spared",
        "called ada-7 there",
        "Not compared",
    ):
        assert said in page
