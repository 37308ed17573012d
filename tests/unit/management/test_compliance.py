"""A year of faces, counted from the audit log by reason and region; a broken log is an error (S10-12)."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from authsvc.audit.models import Segment
from authsvc.audit.sequencing import sequence
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.management.compliance import CHAPTERS, Pin, report_of
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.models import PolicyVersion
from authsvc.policy.services import publish_policy
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S10-12")]
YEAR = 2025
NONE = Pin(datetime(YEAR, 1, 1, tzinfo=UTC), "")


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let what is recorded from now on be of a day."""

    def chosen(year: int, month: int = 6, day: int = 1) -> datetime:
        moment = datetime(year, month, day, tzinfo=UTC)
        monkeypatch.setattr("authsvc.audit.services.now", lambda: moment)
        monkeypatch.setattr("authsvc.policy.services.now", lambda: moment)
        return moment

    return chosen


def counted(tag: Tag) -> tuple[int, dict[str, int]]:
    """How often the year's report has an event, and its reasons."""
    (one,) = (each for chapter in report_of(YEAR).chapters.values() for each in chapter if each.tag == tag)
    return one.count, dict(one.reasons)


def said(tenant: Tenant, year: int = YEAR) -> str:
    sequence()
    out = StringIO()
    call_command("compliance_report", tenant.slug, year=year, stdout=out)
    return out.getvalue()


def test_each_event_is_counted_in_its_year_with_its_reasons(tenant: Tenant, at: Any) -> None:
    for year, month, reason in (
        (2024, 12, "unused"),
        (2025, 1, "unused"),
        (2025, 12, "unused"),
        (2025, 7, "withdrawn"),
        (2026, 1, "withdrawn"),
    ):
        at(year, month, 31 if month == 12 else 1)
        record(Tag.FACE_ERASED, reason=reason)
    assert counted(Tag.FACE_ERASED) == (3, {"unused": 2, "withdrawn": 1})
    assert counted(Tag.CONSENT_GIVEN) == (0, {})
    assert f"`{Tag.FACE_ERASED.value}` | 3 | unused 2, withdrawn 1 |" in said(tenant)


def test_another_tenants_events_are_not_among_them(tenant: Tenant, at: Any) -> None:
    at(YEAR)
    other = make_tenant()
    with tenant_scope(other.id):
        record(Tag.CONSENT_GIVEN)
    assert counted(Tag.CONSENT_GIVEN) == (0, {})


def test_each_event_stands_in_one_chapter_and_every_alarm_in_some() -> None:
    tags = [tag for chapter in CHAPTERS.values() for tag in chapter]
    assert len(tags) == len(set(tags))
    assert {tag for tag in Tag if tag.is_alarm} <= set(tags)


def test_the_pin_is_said_from_the_years_beginning_on(tenant: Tenant, at: Any) -> None:
    assert report_of(YEAR).pins == [NONE]
    at(YEAR - 1)
    publish_policy(document={**DEFAULT, "region": "eu-1"}, published_by="a test")
    at(YEAR, 2)
    publish_policy(document={**DEFAULT, "region": "eu-1", "least_age": 21}, published_by="a test")
    changed = at(YEAR, 3)
    publish_policy(document={**DEFAULT, "region": "eu-2"}, published_by="a test")
    at(YEAR + 1)
    publish_policy(document=DEFAULT, published_by="a test")
    assert PolicyVersion.objects.count() >= 4
    assert report_of(YEAR).pins == [Pin(NONE.since, "eu-1"), Pin(changed, "eu-2")]
    assert "- from 2025-03-01 00:00 UTC: pinned to eu-2" in said(tenant)


def test_where_faces_were_handled_is_counted_by_attempt(tenant: Tenant, at: Any) -> None:
    at(YEAR)
    parts = [
        {"kind": "worker", "name": "default", "grade": "L2", "region": "eu-1"},
        {"kind": "store", "name": "", "grade": "L2", "region": "eu-1"},
        {"kind": "provider", "name": "", "grade": "L2", "region": "us-1"},
    ]
    for components in (parts, parts, parts[1:], []):
        said_of: dict[str, Any] = {"components": components} if components else {}
        record(Tag.TRANSACTION_CONSUMED, **said_of)
    assert report_of(YEAR).regions == {("store", "eu-1"): 2, ("worker", "eu-1"): 2}
    assert "- Worker pool, eu-1: 2 attempts with a face" in said(tenant)


def test_a_log_that_is_not_whole_is_said_and_is_an_error(tenant: Tenant, at: Any) -> None:
    at(YEAR)
    record(Tag.CONSENT_GIVEN)
    assert "whole; its newest checkpoint has the root" in said(tenant)
    Segment.objects.all().delete()
    out = StringIO()
    with pytest.raises(CommandError, match="is missing"):
        call_command("compliance_report", tenant.slug, year=YEAR, stdout=out)
    assert "is missing**, so that nothing below is certain" in out.getvalue()


@pytest.mark.parametrize(("slug", "year", "why"), [("nobody", YEAR, "no tenant"), ("", 1999, "no year")])
def test_who_or_when_that_is_not_is_refused(tenant: Tenant, slug: str, year: int, why: str) -> None:
    with pytest.raises(CommandError, match=why):
        call_command("compliance_report", slug or tenant.slug, year=year, stdout=StringIO())
