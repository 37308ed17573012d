"""T13: who is to be enrolled anew sees it at their own page, and stops it there."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.enrolment.models import EnrolmentLink
from authsvc.management import approvals, people
from authsvc.management.acting import NeedsAgreement
from authsvc.management.models import Approval
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from tests.factories import make_subject
from tests.unit.management.conftest import member
from tests.unit.person.visitor import Visitor

pytestmark = pytest.mark.requirement("S9.4-02")


def asked_for(visitor: Visitor, subject: Subject) -> Approval:
    """Let an administrator ask for a link to somebody's account."""
    Tenant.objects.filter(pk=visitor.agent.tenant.pk).update(kind=Tenant.Kind.LIVE)
    by = member((visitor.agent.tenant, Role.ADMIN))
    member((visitor.agent.tenant, Role.OWNER))
    with pytest.raises(NeedsAgreement) as needed:
        people.create_link(by=by, subject=subject)
    return approvals.ask(by=by, wanted=needed.value, why="The <b>phone</b> was lost.")


@pytest.fixture
def asked(inside: Visitor) -> Approval:
    return asked_for(inside, inside.subject)


def test_t13_the_person_sees_it_and_stops_it(inside: Visitor, asked: Approval) -> None:
    page = inside.text()
    assert "Somebody asked to set up your sign-in anew" in page
    assert "The &lt;b&gt;phone&lt;/b&gt; was lost." in page
    stopped: Any = inside.post(f"requests/{asked.pk}/stop")
    receipt = inside.agent.client.get(stopped["Location"]).content.decode()
    assert "The request is stopped" in receipt
    assert "Somebody asked to set up" not in inside.text()
    row = Approval.objects.get()
    assert (row.state, row.decided_by_name) == (Approval.State.REFUSED, f"person {inside.subject.pk}")
    Approval.objects.update(asked_at=now() - timedelta(hours=25))
    with pytest.raises(approvals.NotPending):
        approvals.approve(by=member((inside.agent.tenant, Role.OWNER)), approval=asked)
    assert not EnrolmentLink.objects.exists()
    told = AuditEvent.objects.get(tag=Tag.APPROVAL_REFUSED)
    assert (told.actor, told.subject) == (row.decided_by_name, str(inside.subject.pk))
    assert told.details["receipt"] in receipt


def test_t13_stopping_again_ends_at_the_page(inside: Visitor, asked: Approval) -> None:
    inside.post(f"requests/{asked.pk}/stop")
    assert inside.post(f"requests/{asked.pk}/stop")["Location"] == inside.root
    assert inside.post("requests/unknown/stop")["Location"] == inside.root
    assert AuditEvent.objects.filter(tag=Tag.APPROVAL_REFUSED).count() == 1


def test_t13_what_is_about_somebody_else_is_neither_shown_nor_stopped(inside: Visitor) -> None:
    asked = asked_for(inside, make_subject(name="Grace"))
    assert "Somebody asked to set up" not in inside.text()
    assert inside.post(f"requests/{asked.pk}/stop")["Location"] == inside.root
    assert approvals.pending().get() == asked


def test_t13_the_mail_leads_to_the_page(inside: Visitor, django_capture_on_commit_callbacks: Any) -> None:
    Subject.objects.filter(pk=inside.subject.pk).update(claims={"email": "ada@example.org"})
    inside.subject.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        asked_for(inside, inside.subject)
    [sent] = mail.outbox
    assert f"/t/{inside.agent.tenant.slug}/me/" in sent.body
    assert "stop it on your own page within that day" in sent.body
