"""Enrolment links by mail: to the person alone, for a day, and in no log."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.enrolment.models import EnrolmentLink
from authsvc.management import approvals, people
from authsvc.management.acting import NeedsAgreement
from authsvc.management.actors import Member
from authsvc.management.models import Approval
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from tests.factories import make_subject
from tests.unit.management.conftest import member

ADDRESS = "ada@example.org"
NEW = {"name": "Ada", "external_id": "", "email": ADDRESS, "by_mail": "on"}
LINK = r"https?://\S+/enrol/([A-Za-z0-9_-]{43})/"


@pytest.fixture
def invited(admin: Client, base: str) -> Subject:
    """Somebody with an address who has set nothing up."""
    return make_subject(
        name="Ada",
        status=Subject.Status.INVITED,
        reference="",
        reference_version=0,
        claims={"email": ADDRESS},
    )


def mailed() -> str:
    """The token of the one link that was mailed."""
    [sent] = mail.outbox
    assert sent.to == [ADDRESS]
    [token] = re.findall(LINK, str(sent.body))
    return str(token)


def test_an_invitation_is_mailed_to_the_person_alone(
    admin: Client, base: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer: Any = admin.post(f"{base}people/new/", NEW, follow=True)
    token, page = mailed(), answer.content.decode()
    assert "The link was mailed to Ada." in page
    assert "within 24 hours" in mail.outbox[0].body
    everywhere = page + caplog.text + str(list(AuditEvent.objects.values())) + str(answer.redirect_chain)
    assert token not in everywhere
    link = EnrolmentLink.objects.get()
    assert timedelta(hours=23) < link.expires_at - now() <= timedelta(hours=24)
    assert AuditEvent.objects.get(tag=Tag.ENROLMENT_LINK_CREATED).details["by_mail"] is True
    assert Client().get(f"/t/{link.tenant.slug}/enrol/{token}/").status_code == 200


def test_a_new_link_is_mailed_and_the_one_before_ends(admin: Client, base: str, invited: Subject) -> None:
    admin.post(f"{base}people/{invited.pk}/links/")
    page = admin.get(f"{base}people/{invited.pk}/").content.decode()
    assert "Mail a link" in page
    answer: Any = admin.post(f"{base}people/{invited.pk}/links/", {"by_mail": "1"}, follow=True)
    assert "The link was mailed to Ada." in answer.content.decode()
    assert sorted(link.state for link in EnrolmentLink.objects.all()) == ["open", "revoked"]
    assert mailed()


@pytest.mark.parametrize("sent", [{**NEW, "email": ""}, {**NEW, "email": "no address"}])
def test_without_an_address_nobody_is_entered(admin: Client, base: str, sent: dict[str, str]) -> None:
    answer = admin.post(f"{base}people/new/", sent)
    assert answer.status_code == 422
    assert not Subject.objects.exists()
    assert mail.outbox == []


def test_where_mail_fails_no_link_is_made_and_the_page_says_so(
    admin: Client,
    base: str,
    invited: Subject,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("authsvc.enrolment.notices.message", fail)
    for path, sent in ((f"people/{invited.pk}/links/", {"by_mail": "1"}), ("people/new/", NEW)):
        answer: Any = admin.post(base + path, sent, follow=True)
        assert "The link could not be sent by mail, so none was made." in answer.content.decode()
    assert not EnrolmentLink.objects.exists()
    assert Subject.objects.get() == invited
    assert "/enrol/" not in caplog.text


def test_where_mail_goes_to_the_console_none_is_offered(
    admin: Client, base: str, invited: Subject, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "Mail the link to them" not in admin.get(f"{base}people/new/").content.decode()
    assert "Mail a link" not in admin.get(f"{base}people/{invited.pk}/").content.decode()
    answer: Any = admin.post(f"{base}people/{invited.pk}/links/", {"by_mail": "1"}, follow=True)
    assert "could not be sent" in answer.content.decode()
    assert not EnrolmentLink.objects.exists()


@pytest.mark.requirement("S9.4-02")
def test_t13_a_link_to_somebody_in_use_is_mailed_when_two_agree(
    admin: Client, base: str, tenant: Tenant
) -> None:
    Tenant.objects.update(kind=Tenant.Kind.LIVE)
    person = make_subject(claims={"email": ADDRESS})
    asking: Member = member((tenant, Role.ADMIN))
    with pytest.raises(NeedsAgreement) as needed:
        people.create_link(by=asking, subject=person, by_mail=True)
    asked = approvals.ask(by=asking, wanted=needed.value, why="The phone was lost.")
    Approval.objects.update(asked_at=now() - timedelta(hours=24))
    mail.outbox.clear()
    assert approvals.approve(by=member((tenant, Role.OWNER)), approval=asked) == ""
    assert mailed()
