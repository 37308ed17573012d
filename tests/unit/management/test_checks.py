"""A check of the log: asked for, done by scheduled work, and believed where the log itself vouches for it."""

from typing import Any

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.audit.sequencing import sequence
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.management import checks
from authsvc.management.acting import NotPermitted
from authsvc.management.actors import Member
from authsvc.management.models import LogCheck
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from tests.factories import make_tenant
from tests.unit.audit.owner import without_triggers
from tests.unit.management.conftest import member

pytestmark = [pytest.mark.requirement("SB-07")]


@pytest.fixture
def auditor(tenant: Tenant) -> Member:
    record(Tag.CODE_ISSUED, client="a-site", subject="someone", transaction="t1")
    sequence()
    return member((tenant, Role.AUDITOR))


def test_who_reads_has_the_log_checked_once_at_a_time(auditor: Member) -> None:
    first = checks.start(by=auditor)
    assert checks.start(by=auditor).pk == first.pk
    [asked] = AuditEvent.objects.filter(tag=Tag.LOG_CHECK_ASKED)
    assert (asked.actor, asked.details) == (auditor.name, {"check": first.pk})
    checks.check_asked()
    assert checks.start(by=auditor).pk != first.pk


def test_somebody_of_another_tenant_may_not(auditor: Member) -> None:
    with pytest.raises(NotPermitted):
        checks.start(by=member((make_tenant(), Role.OWNER)))


def test_what_was_found_counts_when_the_log_vouches_for_it(auditor: Member) -> None:
    checks.start(by=auditor)
    sequence()
    checks.check_asked()
    [check] = checks.newest()
    found = checks.found_by(check)
    assert found is not None
    assert (found.kind, found.is_whole, checks.is_awaited(check, found)) == ("", False, True)
    sequence()
    found = checks.found_by(check)
    assert found is not None
    assert (found.is_whole, found.events) == (True, check.done)


def test_t01_whoever_writes_to_the_database_alone_makes_no_log_whole(auditor: Member) -> None:
    check = checks.start(by=auditor)
    said: dict[str, Any] = {"check": check.pk, "events": 9, "number": 0, "row": 0, "until": 0}
    forged = record(Tag.LOG_CHECKED, **said)
    sequence()
    without_triggers()
    AuditEvent._base_manager.filter(pk=forged.pk).update(details={**said, "events": 10})
    LogCheck.objects.filter(pk=check.pk).update(event=forged.pk, ended_at=check.asked_at)
    check.refresh_from_db()
    found = checks.found_by(check)
    assert found is not None
    assert not found.is_whole


def test_a_fault_is_named(auditor: Member) -> None:
    without_triggers()
    AuditEvent._base_manager.filter(tag=Tag.CODE_ISSUED).update(subject="somebody else")
    checks.start(by=auditor)
    sequence()
    checks.check_asked()
    [check] = checks.newest()
    found = checks.found_by(check)
    assert found is not None
    assert (found.kind, found.number) == ("altered", 1)


def test_a_check_goes_on_as_it_says_and_one_that_was_left_is_begun_anew(
    auditor: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = checks.start(by=auditor)

    def broken(*, told: Any) -> None:
        told(3, 7)
        raise RuntimeError("the machine is gone")

    monkeypatch.setattr(checks, "verify_log", broken)
    with pytest.raises(RuntimeError):
        checks.check_asked()
    check.refresh_from_db()
    assert (check.done, check.total, check.ended_at) == (3, 7, None)
    monkeypatch.undo()
    checks.check_asked()  # Another is at it, for all that is known.
    check.refresh_from_db()
    assert check.ended_at is None
    assert check.touched_at is not None
    LogCheck.objects.filter(pk=check.pk).update(touched_at=check.touched_at - checks.GIVEN_UP)
    sequence()
    checks.check_asked()
    check.refresh_from_db()
    assert check.ended_at is not None
