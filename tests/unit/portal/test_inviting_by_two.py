"""T11 on screens: an owner asks, another agrees, and only then the mail goes, to the invited alone."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.mail import EmailMessage
from django.test import Client

from authsvc.management.models import Approval
from authsvc.tenancy.memberships.models import Invitation, Membership
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from portal.accounts.models import User
from tests.tenancy.people import PASSWORD, make_user, signed_in

pytestmark = [pytest.mark.requirement("S9.4-01", "S9.4-02"), pytest.mark.usefixtures("live")]
NEW = {"email": "new@example.org", "role": "auditor"}
WHY = {"agreement-why": "She starts on Monday"}
JOIN = re.compile(r"/account/join/\S+")


def ask(browser: Client, path: str, sent: dict[str, str]) -> str:
    """Ask for what a form takes another's agreement for, and return the request's path."""
    page = browser.post(path, sent)
    assert page.status_code == 409
    assert "Another administrator has to agree" in page.content.decode()
    return str(browser.post(path, {**sent, **WHY})["Location"])


def links_in(mails: list[EmailMessage]) -> list[tuple[str, str]]:
    """Each link to join with whom it went to."""
    return [(to, link) for mail in mails for to in mail.to for link in JOIN.findall(str(mail.body))]


def test_t11_an_invitation_goes_out_when_another_agrees(
    owner: Client, grace: Client, base: str, mailoutbox: list[EmailMessage]
) -> None:
    where = ask(owner, f"{base}team/invite/", NEW)
    assert links_in(mailoutbox) == []
    assert {to for mail in mailoutbox for to in mail.to} == {"owner@example.org", "grace@example.org"}
    page = grace.get(where).content.decode()
    assert "Invite somebody to the team" in page
    assert "new@" in page
    assert "Auditor" in page
    owner.post(f"{where}agree/")
    assert links_in(mailoutbox) == []
    done = grace.post(f"{where}agree/")["Location"]
    assert done == where, "no secret is shown: the link is the mail's alone"
    ((to, link),) = links_in(mailoutbox)
    assert to == "new@example.org"
    assert link not in grace.get(where).content.decode()
    assert Client().post(link, {"name": "New", "password": PASSWORD}).status_code == 302
    assert Membership.objects.get(user__email="new@example.org").role == Role.AUDITOR


def test_without_the_mail_the_request_still_waits(
    owner: Client, grace: Client, base: str, monkeypatch: Any
) -> None:
    where = ask(owner, f"{base}team/invite/", NEW)

    def fails(*_: Any) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", fails)
    page = grace.post(f"{where}agree/", follow=True).content.decode()
    assert "could not be sent" in page
    assert Approval.objects.get().is_pending
    assert not Invitation.objects.exists()


def test_who_joined_meanwhile_is_not_invited(owner: Client, grace: Client, base: str, tenant: Tenant) -> None:
    where = ask(owner, f"{base}team/invite/", NEW)
    make_user((tenant, Role.AUDITOR), email="new@example.org")
    assert "belongs to a member" in grace.post(f"{where}agree/", follow=True).content.decode()
    assert not Invitation.objects.exists()


def test_t11_an_account_starts_anew_when_another_agrees(
    owner: Client, grace: Client, base: str, colleague: User, mailoutbox: list[EmailMessage]
) -> None:
    where = ask(owner, f"{base}team/{colleague.memberships.get().pk}/anew/", {})
    assert Authenticator.objects.filter(user=colleague).exists()
    assert "colleague@" in grace.get(where).content.decode()
    assert grace.post(f"{where}agree/")["Location"] == where
    assert not Authenticator.objects.filter(user=colleague).exists()
    ((to, link),) = links_in(mailoutbox)
    assert to == colleague.email
    assert Client().post(link, {"password": "another pass phrase"}).status_code == 302


def test_a_role_that_is_raised_shows_what_it_was(
    owner: Client, grace: Client, base: str, colleague: User
) -> None:
    where = ask(owner, f"{base}team/{colleague.memberships.get().pk}/role/", {"role": "owner"})
    page = grace.get(where).content.decode()
    assert "Administrator" in page
    assert "Owner" in page
    grace.post(f"{where}agree/")
    assert colleague.memberships.get().role == Role.OWNER


def test_t02_two_who_agree_vouch_for_no_role_that_nobody_gave(
    owner: Client, grace: Client, base: str, colleague: User
) -> None:
    Membership.objects.filter(user=colleague).update(role=Role.AUDITOR)
    where = ask(owner, f"{base}team/{colleague.memberships.get().pk}/role/", {"role": "owner"})
    assert "Nobody of your team" in grace.post(f"{where}agree/", follow=True).content.decode()
    assert signed_in(colleague).get(base).status_code == 404


def test_a_member_who_left_meanwhile_is_told_of(
    owner: Client, grace: Client, base: str, colleague: User
) -> None:
    member = f"{base}team/{colleague.memberships.get().pk}/"
    where = ask(owner, f"{member}role/", {"role": "owner"})
    owner.post(f"{member}remove/")
    assert "is over" in grace.post(f"{where}agree/", follow=True).content.decode()
