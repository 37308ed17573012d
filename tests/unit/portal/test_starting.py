"""The first steps of an organisation: worked out from what it has, and gone when all are done."""

import re
from typing import Any

from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.management import overview, starting
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.services import publish_policy
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_party, make_subject, make_tenant
from tests.tenancy.people import make_user, signed_in


def steps() -> list[starting.Step]:
    return starting.steps(overview.read(now()).counts.has)


def undone() -> list[str]:
    return [step.name for step in steps() if not step.done]


def test_each_step_is_done_by_what_there_is_and_the_card_goes(
    owner: Client, base: str, tenant: Tenant
) -> None:
    left = ["party", "test", "person", "colleague", "look", "policy", "retention"]
    assert undone() == left
    page = owner.get(base).content.decode()
    for step in steps():
        found = re.search(rf'href="([^"]+)">{re.escape(str(step.title))}</a>', page)
        assert found is not None, step.name
        assert owner.get(found[1]).status_code == 200, step.name

    doings: list[Any] = [
        make_party,
        lambda: record(Tag.TEST_SIGNED_IN),
        make_subject,
        lambda: make_user((tenant, Role.ADMIN)),
        lambda: owner.post(f"{base}settings/look/", {"accent": "#aa3300"}),
        lambda: owner.post(f"{base}start/policy/"),
        lambda: owner.post(f"{base}start/retention/"),
    ]
    for doing in doings[:-1]:
        doing()
        left = left[1:]
        assert undone() == left
    assert "Get started" in owner.get(base).content.decode()
    doings[-1]()
    assert steps() == []
    assert "Get started" not in owner.get(base).content.decode()


def test_what_another_organisation_has_counts_for_nothing(owner: Client, tenant: Tenant) -> None:
    with tenant_scope(make_tenant().id):
        make_party()
        make_subject()
        record(Tag.TEST_SIGNED_IN)
    assert len(undone()) == 7


def test_an_auditor_is_no_second_administrator_and_is_led_nowhere(
    owner: Client, base: str, tenant: Tenant
) -> None:
    auditor = signed_in(make_user((tenant, Role.AUDITOR)))
    assert "colleague" in undone()
    page = auditor.get(base).content.decode()
    assert "Invite a second administrator" in page
    assert f'href="{base}team/invite/"' not in page
    assert "I have read it" not in auditor.get(f"{base}start/retention/").content.decode()
    assert auditor.post(f"{base}start/retention/").status_code == 403


def test_a_policy_that_was_published_was_read(tenant: Tenant) -> None:
    publish_policy(document={**DEFAULT, "least_age": 21}, published_by="a test")
    assert "policy" not in undone()


def test_reading_twice_is_kept_once(owner: Client, base: str) -> None:
    for _ in range(2):
        assert owner.post(f"{base}start/policy/")["Location"] == base
    assert AuditEvent.objects.filter(tag=Tag.READ_NOTED).count() == 1


def test_the_times_are_those_of_the_register() -> None:
    said = {str(what): str(time) for what, time in starting.kept_for()}
    assert said["Attempts to sign in"] == "90 days"
    assert said["Enrolment links, after they have expired"] == "30 days"
