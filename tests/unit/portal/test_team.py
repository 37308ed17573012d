"""T11, T17: administrators are invited by mail, listed, disabled, removed, and let start anew."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.mail import EmailMessage
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.management import team
from authsvc.management.team import INVITATION_LIFE
from authsvc.tenancy.memberships.models import Invitation, Membership
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from portal.accounts.models import AdministratorSession, User
from portal.accounts.recovery import make_codes
from tests.factories import make_tenant
from tests.tenancy.people import PASSWORD, make_user, signed_in

pytestmark = pytest.mark.requirement("S9.4-01")
NEW = {"email": "New@Example.org", "role": "auditor"}


def link_in(mail: EmailMessage) -> str:
    found = re.search(r"http://localhost:8000(/account/join/\S+)", str(mail.body))
    assert found is not None
    return found[1]


def told(answer: Any, browser: Client) -> str:
    return str(browser.get(answer["Location"]).content.decode())


def test_t11_an_invitation_is_mailed_and_makes_an_account_once(
    owner: Client, base: str, tenant: Tenant, mailoutbox: list[EmailMessage]
) -> None:
    assert owner.post(f"{base}team/invite/", NEW).status_code == 302
    assert [mail.to for mail in mailoutbox] == [["new@example.org"]]
    path = link_in(mailoutbox[0])
    token = path.rstrip("/").rsplit("/", 1)[1]
    assert token not in str(list(Invitation.objects.values()))
    newcomer = Client()
    assert newcomer.get(path).status_code == 200
    assert newcomer.post(path).status_code == 422
    assert newcomer.post(path, {"name": "New", "password": "short"}).status_code == 422
    assert newcomer.post(path, {"name": "New", "password": PASSWORD})["Location"] == "/account/login/"
    user = User.objects.get(email="new@example.org")
    assert user.memberships.get().role == Role.AUDITOR
    joined = AuditEvent.objects.get(tag=Tag.ADMIN_JOINED)
    assert (joined.actor, joined.details["invited_by"]) == ("new@example.org", "owner@example.org")
    assert Client().get(path).status_code == 410
    assert Client().post(path, {"name": "Evil", "password": PASSWORD}).status_code == 410
    newcomer.post("/account/login/", {"login": user.email, "password": PASSWORD})
    assert newcomer.get(base)["Location"] == "/account/second-factor/"


def test_t11_an_invitation_lives_between_one_and_three_days() -> None:
    assert timedelta(hours=24) <= INVITATION_LIFE <= timedelta(hours=72)


@pytest.mark.parametrize("how", ["old", "withdrawn", "again", "other tenant", "made up"])
def test_t11_a_link_that_is_over_opens_nothing(
    owner: Client, base: str, mailoutbox: list[EmailMessage], how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.post(f"{base}team/invite/", NEW)
    path, row = link_in(mailoutbox[0]), Invitation.objects.get()
    if how == "old":
        # Not by a change of the row, which would break its seal.
        moment = now() + INVITATION_LIFE
        monkeypatch.setattr(team, "now", lambda: moment)
    if how == "withdrawn":
        owner.post(f"{base}team/invitations/{row.pk}/withdraw/")
    if how == "again":
        owner.post(f"{base}team/invite/", NEW)
    if how == "other tenant":
        path = path.replace(f"/{row.tenant.slug}/", f"/{make_tenant().slug}/")
    if how == "made up":
        path = f"{path[:-2]}X/"
    assert Client().get(path).status_code == 410
    assert Client().post(path, {"name": "Evil", "password": PASSWORD}).status_code == 410
    assert not User.objects.filter(email="new@example.org").exists()


def test_t11_without_the_mail_nobody_is_invited(owner: Client, base: str, monkeypatch: Any) -> None:
    def fails(*_: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.message.EmailMessage.send", fails)
    answer = owner.post(f"{base}team/invite/", NEW)
    assert answer.status_code == 422
    assert "could not be sent" in answer.content.decode()
    assert not Invitation.objects.exists()


def test_who_has_an_account_joins_with_it_and_its_factor(
    owner: Client, base: str, mailoutbox: list[EmailMessage]
) -> None:
    account = make_user((make_tenant(), Role.OWNER), email="new@example.org")
    owner.post(f"{base}team/invite/", NEW)
    path = link_in(mailoutbox[0])
    for browser in (Client(), signed_in(make_user()), signed_in(account, second_factor=False)):
        assert "Sign in to join" in browser.get(path).content.decode()
        browser.post(path, {"name": "x", "password": PASSWORD})
    assert account.memberships.count() == 1
    assert signed_in(account).post(path)["Location"] == base
    assert account.memberships.count() == 2
    assert account.check_password(PASSWORD)


def test_a_member_is_not_invited_again(owner: Client, base: str, colleague: User) -> None:
    answer = owner.post(f"{base}team/invite/", {"email": "COLLEAGUE@example.org", "role": "owner"})
    assert answer.status_code == 422
    assert not Invitation.objects.exists()


def test_only_owners_change_the_team(admin: Client, base: str, colleague: User) -> None:
    member = f"{base}team/{colleague.memberships.get().pk}/"
    assert admin.get(f"{base}team/").status_code == 200
    assert "Disable" not in admin.get(member).content.decode()
    for path in (
        f"{base}team/invite/",
        *(f"{member}{act}/" for act in ("role", "disable", "remove", "anew")),
    ):
        assert admin.post(path, NEW).status_code == 403
    assert colleague.memberships.get().role == Role.ADMIN


@pytest.mark.parametrize("act", ["disable", "remove"])
def test_t17_the_sessions_of_who_is_disabled_or_removed_end_at_once(
    owner: Client, base: str, colleague: User, act: str
) -> None:
    theirs = signed_in(colleague)
    assert theirs.get(base).status_code == 200
    member = f"{base}team/{colleague.memberships.get().pk}/"
    assert owner.post(f"{member}{act}/").status_code == 302
    assert theirs.get(base)["Location"].startswith("/account/login/")
    assert signed_in(colleague).get(base).status_code == 404
    assert "no organisation" in signed_in(colleague).get("/portal/").content.decode()


@pytest.mark.parametrize(("act", "sent"), [("enable", {}), ("role", {"role": "owner"}), ("anew", {})])
def test_t02_a_role_that_nobody_gave_is_not_vouched_for_by_changing_it(
    owner: Client, base: str, colleague: User, act: str, sent: Any
) -> None:
    Membership.objects.filter(user=colleague).update(role=Role.OWNER)
    member = f"{base}team/{colleague.memberships.get().pk}/"
    assert "Nobody of your team" in told(owner.post(f"{member}{act}/", sent), owner)
    assert signed_in(colleague).get(base).status_code == 404
    owner.post(f"{member}remove/")
    assert not colleague.memberships.exists()


def test_a_disabled_member_is_let_in_again(owner: Client, base: str, colleague: User) -> None:
    member = f"{base}team/{colleague.memberships.get().pk}/"
    owner.post(f"{member}disable/")
    owner.post(f"{member}enable/")
    assert signed_in(colleague).get(base).status_code == 200
    tags = {Tag.ADMIN_DISABLED, Tag.ADMIN_ENABLED}
    assert set(AuditEvent.objects.filter(tag__in=tags).values_list("tag", flat=True)) == tags


@pytest.mark.parametrize(("act", "sent"), [("disable", {}), ("remove", {}), ("role", {"role": "admin"})])
def test_t17_the_last_owner_stays(owner: Client, base: str, tenant: Tenant, act: str, sent: Any) -> None:
    gone = make_user((tenant, Role.OWNER)).memberships.get()
    own = Membership.objects.exclude(pk=gone.pk).get()
    owner.post(f"{base}team/{gone.pk}/disable/")
    answer = owner.post(f"{base}team/{own.pk}/{act}/", sent)
    assert "only owner" in told(answer, owner)
    assert Membership.in_force.get() == own
    assert Membership.in_force.get().role == Role.OWNER


def test_t11_who_starts_anew_gets_a_link_and_loses_all_else(
    owner: Client, base: str, colleague: User, mailoutbox: list[EmailMessage]
) -> None:
    theirs, codes = signed_in(colleague), make_codes(colleague)
    owner.post(f"{base}team/{colleague.memberships.get().pk}/anew/")
    assert not AdministratorSession.objects.filter(user=colleague).exists()
    assert theirs.get(base).status_code == 302
    assert not Authenticator.objects.filter(user=colleague).exists()
    assert colleague.recovery_codes_left == 0
    assert codes
    path = link_in(mailoutbox[0])
    assert (
        Client().post("/account/login/", {"login": colleague.email, "password": PASSWORD}).status_code == 200
    )
    assert Client().post(path, {"password": "another pass phrase"}).status_code == 302
    colleague.refresh_from_db()
    assert colleague.check_password("another pass phrase")
    assert colleague.memberships.count() == 1
    assert Client().post(path, {"password": PASSWORD}).status_code == 410


def test_no_owner_resets_an_account_that_another_tenant_has_too(
    owner: Client, base: str, colleague: User, mailoutbox: list[EmailMessage]
) -> None:
    Membership.objects.create(user=colleague, tenant=make_tenant(), role=Role.ADMIN)
    mine = colleague.memberships.order_by("pk")[0]
    answer = owner.post(f"{base}team/{mine.pk}/anew/")
    assert "another organisation" in told(answer, owner)
    assert mailoutbox == []
    assert Authenticator.objects.filter(user=colleague).exists()
    colleague.refresh_from_db()
    assert colleague.check_password(PASSWORD)


def test_t11_a_reset_link_goes_to_nobody_without_a_factor(
    tenant: Tenant, mailoutbox: list[EmailMessage]
) -> None:
    user = make_user((tenant, Role.OWNER))
    Client().post("/account/password/reset/", {"email": user.email})
    assert [mail.to for mail in mailoutbox] == [[user.email]]
    assert "/password/reset/key/" not in str(mailoutbox[0].body)
    assert "owner" in str(mailoutbox[0].body)
    TOTP.activate(user, generate_totp_secret())
    Client().post("/account/password/reset/", {"email": user.email})
    assert "/password/reset/key/" in str(mailoutbox[1].body)


def test_the_screen_shows_members_factors_and_invitations(
    owner: Client, base: str, colleague: User, mailoutbox: list[EmailMessage]
) -> None:
    owner.post(f"{base}team/invite/", NEW)
    page = owner.get(f"{base}team/").content.decode()
    assert "colleague@" in page
    assert "new@" in page
    assert page.count("No second factor yet") == 1  # the owner's own, whom the test let in without
