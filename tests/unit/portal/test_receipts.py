"""Every number that a person is shown leads an administrator to what explains it."""

import re
from typing import Any

import pytest
from django.test import Client

from authsvc.audit.models import AuditEvent, Position
from authsvc.audit.services import append, record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.ids import new_id, new_jti
from authsvc.management.receipts import new_receipt
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_consent, make_subject, make_tenant
from tests.unit.capture.agent import Agent


def number_of(page: Any) -> str:
    """The receipt number that a page shows."""
    found = re.search(r'Receipt number <code id="reference">([^<]+)</code>', page.content.decode())
    assert found, page.content.decode()
    return found[1]


def look_up(admin: Client, base: str, number: str) -> Any:
    return admin.get(f"{base}receipts/", {"number": number}, follow=True)


@pytest.mark.parametrize("place", ["enrol/unknown/", "signin/unknown/", "authorize", "passkeys/finish/x/"])
def test_c10_a_number_of_a_refusal_leads_to_its_event(
    admin: Client, base: str, tenant: Tenant, place: str
) -> None:
    number = number_of(Client().get(f"/t/{tenant.slug}/{place}"))
    page = look_up(admin, base, f"  {number} ")
    event = AuditEvent.objects.get(transaction=number)
    assert page.redirect_chain[-1][0] == f"{base}audit/{event.pk}/"
    text = page.content.decode()
    assert f'<dd class="mono">{event.reason}</dd>' in text
    assert number in text


def test_c10_a_number_of_an_attempt_leads_to_the_attempt(admin: Client, base: str, tenant: Tenant) -> None:
    agent = Agent(tenant)
    row = agent.open()
    refused = agent.post(row, "without-face").json()
    page = look_up(admin, base, refused["reference"])
    assert page.redirect_chain[-1][0] == f"{base}attempts/{row.pk}/"
    assert "not-proven" in page.content.decode()


def test_c10_a_number_of_a_foreign_attempt_leads_to_it_too(admin: Client, base: str, tenant: Tenant) -> None:
    row = Agent(tenant).open()
    page = Client().get(f"/t/{tenant.slug}/signin/{row.pk}/")
    assert look_up(admin, base, number_of(page)).redirect_chain[-1][0] == f"{base}attempts/{row.pk}/"


def test_c10_what_was_given_or_done_is_found_by_its_number(admin: Client, base: str) -> None:
    subject = make_subject()
    given, done = make_consent(subject).pk, new_receipt()
    record(Tag.CONSENT_WITHDRAWN, subject=str(subject.pk), receipt=done)
    for number in (given, done):
        assert number in look_up(admin, base, number).content.decode()


def test_c10_of_several_events_under_one_number_each_is_shown(admin: Client, base: str) -> None:
    done = new_receipt()
    for tag in (Tag.CONSENT_WITHDRAWN, Tag.FACE_ERASED):
        record(tag, receipt=done)
    page = look_up(admin, base, done)
    assert page.redirect_chain[-1][0] == f"{base}audit/?reference={done}"
    assert page.content.decode().count('<tr role="row">') == 3


def test_c10_a_tokens_id_leads_to_its_attempt(admin: Client, base: str, tenant: Tenant) -> None:
    row = Agent(tenant).open()
    page = look_up(admin, base, new_jti(row.pk))
    assert page.redirect_chain[-1][0] == f"{base}attempts/{row.pk}/"


def test_c10_a_number_of_the_log_leads_to_its_event(admin: Client, base: str) -> None:
    event = record(Tag.KEY_CREATED)
    Position.objects.create(event=event.pk, position=76)
    assert look_up(admin, base, "77").redirect_chain[-1][0] == f"{base}audit/{event.pk}/"
    assert "Nothing has this number" in look_up(admin, base, "78").content.decode()


def test_c10_numbers_of_earlier_releases_are_found(admin: Client, base: str) -> None:
    record(Tag.AGENT_REFUSED, reason="late", reference="abcdefghij")
    assert ">late<" in look_up(admin, base, "abcdefghij").content.decode()


def test_c10_a_receipt_of_an_earlier_release_is_found_in_the_details(admin: Client, base: str) -> None:
    event = AuditEvent(at=now(), tag=Tag.FACE_ERASED.value, details={"receipt": "klmnopqrst"})
    append(event)
    assert event.transaction == ""
    assert look_up(admin, base, "klmnopqrst").redirect_chain[-1][0] == f"{base}audit/{event.pk}/"


@pytest.mark.parametrize("number", ["", "nothing", "a" * 65, "a\x00b"])
def test_c10_a_number_of_nothing_says_so_and_offers_the_field(admin: Client, base: str, number: str) -> None:
    page = look_up(admin, base, number)
    assert page.status_code == 200
    assert 'id="receipt-lookup"' in page.content.decode()
    assert "Nothing has this number" in page.content.decode()


def test_c10_a_number_of_another_organisation_is_a_number_of_nothing(admin: Client, base: str) -> None:
    other = make_tenant()
    with tenant_scope(other.id):
        number = record(Tag.AGENT_REFUSED, transaction=new_id()).transaction
    assert "Nothing has this number" in look_up(admin, base, number).content.decode()


def test_the_field_is_on_the_overview(admin: Client, base: str) -> None:
    assert f'action="{base}receipts/"' in admin.get(base).content.decode()
