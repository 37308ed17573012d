"""T13: a link to the account of somebody who signs in already takes a second administrator, or a day."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.enrolment.models import EnrolmentLink
from authsvc.enrolment.services import find_link
from authsvc.management import approvals, people
from authsvc.management.acting import NeedsAgreement, NotPermitted, ProveAgain
from authsvc.management.actors import COMMAND_LINE, Member, Person
from authsvc.management.approvals import NotPending, OwnRequest, TooSoon
from authsvc.management.models import Approval
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_device, make_subject, make_tenant
from tests.unit.management.conftest import member

pytestmark = pytest.mark.requirement("S9.4-02")
INVITED = Subject.Status.INVITED


def with_a_passkey() -> Subject:
    """Somebody who is not active by the row's word, and has a passkey all the same."""
    found = make_subject(status=INVITED, reference="", reference_version=0)
    make_device(found)
    return found


IN_USE: dict[str, Callable[[], Subject]] = {
    "active": lambda: make_subject(reference="", reference_version=0),
    "with a face": lambda: make_subject(status=INVITED),
    "with a passkey": with_a_passkey,
}


def asked_for(by: Member, person: Subject) -> Approval:
    """Try to make a link, and ask for what that takes."""
    with pytest.raises(NeedsAgreement) as needed:
        people.create_link(by=by, subject=person)
    return approvals.ask(by=by, wanted=needed.value, why="The phone was lost.")


def a_day_later(asked: Approval) -> Approval:
    """Let the day pass in which the person may stop it."""
    Approval.objects.filter(pk=asked.pk, state=Approval.State.PENDING).update(
        asked_at=now() - timedelta(hours=24)
    )
    return asked


@pytest.mark.parametrize("kind", IN_USE)
def test_t13_one_alone_gets_no_link_to_somebody_in_use(ada: Member, grace: Member, kind: str) -> None:
    person = IN_USE[kind]()
    asked = asked_for(ada, person)
    assert not EnrolmentLink.objects.exists()
    with pytest.raises(OwnRequest):
        approvals.approve(by=ada, approval=asked)
    assert not EnrolmentLink.objects.exists()
    url = approvals.approve(by=grace, approval=a_day_later(asked))
    assert find_link(url.rstrip("/").rpartition("/")[2]).subject == person


def test_t13_what_the_caller_holds_of_the_person_is_not_believed(ada: Member) -> None:
    person = make_subject(status=INVITED, reference="", reference_version=0)
    Subject.objects.filter(pk=person.pk).update(status=Subject.Status.ACTIVE)
    with pytest.raises(NeedsAgreement):
        people.create_link(by=ada, subject=person)


def test_t13_an_open_link_stays_open_while_another_is_asked_for(ada: Member, grace: Member) -> None:
    person = make_subject()
    people.create_link(by=COMMAND_LINE, subject=person)
    asked = asked_for(ada, person)
    assert EnrolmentLink.objects.get().state == "open"
    approvals.refuse(by=grace, approval=asked)
    assert EnrolmentLink.objects.get().state == "open"


def test_t13_who_was_only_invited_needs_nobody_else(ada: Member) -> None:
    person, _ = people.invite(by=ada, name="New", external_id="", email="")
    people.create_link(by=ada, subject=person)
    assert not Approval.objects.exists()


def test_t13_a_closed_person_gets_none_and_none_is_asked_for(ada: Member, grace: Member) -> None:
    person = make_subject()
    asked = asked_for(ada, person)
    people.close(by=grace, subject=person)
    with pytest.raises(people.PersonClosed):
        people.create_link(by=ada, subject=person)
    with pytest.raises(people.PersonClosed):
        approvals.approve(by=grace, approval=a_day_later(asked))
    assert not EnrolmentLink.objects.exists()


def test_t13_the_person_has_a_day_to_stop_it(ada: Member, grace: Member) -> None:
    person = make_subject()
    asked = asked_for(ada, person)
    Approval.objects.update(asked_at=now() - timedelta(hours=23, minutes=59))
    with pytest.raises(TooSoon):
        approvals.approve(by=grace, approval=asked)
    assert not EnrolmentLink.objects.exists()
    number = approvals.refuse(by=Person(person.pk, now() - timedelta(minutes=50)), approval=asked)
    with pytest.raises(NotPending):
        approvals.approve(by=grace, approval=a_day_later(asked))
    assert not EnrolmentLink.objects.exists()
    told = AuditEvent.objects.get(tag=Tag.APPROVAL_REFUSED)
    assert (told.actor, told.subject) == (f"person {person.pk}", str(person.pk))
    assert told.details["receipt"] == number


def test_t13_nobody_stops_what_is_about_somebody_else(ada: Member, grace: Member) -> None:
    asked = asked_for(ada, make_subject())
    with pytest.raises(NotPermitted):
        approvals.refuse(by=Person(make_subject().pk, now()), approval=asked)
    assert approvals.pending().get() == asked


def test_t13_a_process_without_the_portals_key_stops_it(ada: Member, grace: Member, settings: Any) -> None:
    person = make_subject()
    asked = asked_for(ada, person)
    secret = settings.SECRETS
    settings.ROLES = ("web",)
    approvals.refuse(by=Person(person.pk, now()), approval=approvals.about(person).get())
    settings.ROLES, settings.SECRETS = ("web", "worker", "portal"), secret
    with pytest.raises(NotPending):
        approvals.approve(by=grace, approval=a_day_later(asked))


def test_t13_one_administrator_alone_waits_a_day(ada: Member) -> None:
    asked = asked_for(ada, make_subject())
    assert asked.alone_from == asked.asked_at + timedelta(hours=24)
    Approval.objects.update(alone_from=now() + timedelta(minutes=1))
    with pytest.raises(OwnRequest):
        approvals.carry_out_alone(by=ada, approval=asked)
    assert not EnrolmentLink.objects.exists()
    Approval.objects.update(alone_from=now())
    stolen = Member(ada.user_id, ada.name, now() - timedelta(minutes=50))
    with pytest.raises(ProveAgain):
        approvals.carry_out_alone(by=stolen, approval=asked)
    assert approvals.carry_out_alone(by=ada, approval=asked)
    assert EnrolmentLink.objects.get().state == "open"


def test_t13_a_sandbox_and_the_command_line_are_not_asked(ada: Member) -> None:
    assert people.create_link(by=COMMAND_LINE, subject=make_subject())
    sandbox = make_tenant()
    with tenant_scope(sandbox.id):
        assert people.create_link(by=member((sandbox, Role.ADMIN)), subject=make_subject())


@pytest.mark.parametrize(
    ("claims", "told"), [({"email": "grace@example.org"}, [["grace@example.org"]]), ({}, [])]
)
def test_t13_the_person_is_told_when_it_is_asked_for(
    ada: Member,
    grace: Member,
    tenant: Tenant,
    claims: dict[str, Any],
    told: list[list[str]],
    django_capture_on_commit_callbacks: Any,
) -> None:
    person = make_subject(claims=claims)
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            asked_for(ada, person)
    assert [each.to for each in mail.outbox] == told
    for each in mail.outbox:
        assert f"/t/{tenant.slug}/me/" in each.body
        assert "new enrolment link" in each.body


def test_t13_a_mail_server_that_fails_does_not_stop_it(
    ada: Member, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def fail(*_args: Any, **_named: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("authsvc.enrolment.notices.message", fail)
    with django_capture_on_commit_callbacks(execute=True):
        assert asked_for(ada, make_subject(claims={"email": "grace@example.org"})).is_pending


def test_t13_the_audit_log_calls_the_person_by_their_id(ada: Member, grace: Member) -> None:
    person = make_subject(name="Grace Hopper")
    asked = asked_for(ada, person)
    approvals.approve(by=grace, approval=a_day_later(asked))
    assert asked.about == f"person {person.pk}"
    for event in AuditEvent.objects.all():
        assert "Hopper" not in str(event.details)
