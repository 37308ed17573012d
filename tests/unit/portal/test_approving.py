"""S9.4-02 on screens: a risky change is asked for, seen by the team, and done by another's agreement."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from authsvc.clients.models import RelyingParty
from authsvc.clients.services import register
from authsvc.core.clock import now
from authsvc.management.models import Approval
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from portal.accounts.models import User
from portal.relying_parties.forms import values_of
from tests.factories import make_subject
from tests.tenancy.people import make_user, signed_in

pytestmark = [pytest.mark.requirement("S9.4-02"), pytest.mark.usefixtures("live")]
ADDRESS, SECOND = "https://partner.example/cb", "https://partner.example/second"


@pytest.fixture
def party(tenant: Tenant) -> RelyingParty:
    return register(name="Partner", redirect_uris=[ADDRESS], scopes=["openid"])[0]


def form_of(party: RelyingParty, **changed: Any) -> dict[str, Any]:
    """What the form sends."""
    values = {**values_of(party), **changed}
    lines = {name: "\n".join(value) for name, value in values.items() if isinstance(value, list)}
    sent = {**values, **lines, "scopes": values["scopes"]}
    return {name: value for name, value in sent.items() if value not in (None, False, "")}


def ask(browser: Client, base: str, party: RelyingParty, why: str = "A second site") -> Approval:
    given = form_of(party, redirect_uris=[ADDRESS, SECOND])
    page = browser.post(f"{base}relying-parties/{party.pk}/edit/", given)
    assert page.status_code == 409
    assert "Another administrator has to agree" in page.content.decode()
    assert not Approval.objects.exists()
    answer = browser.post(f"{base}relying-parties/{party.pk}/edit/", {**given, "agreement-why": why})
    asked = Approval.objects.get()
    assert answer["Location"] == f"{base}approvals/{asked.pk}/"
    return asked


def test_each_of_the_team_is_told_in_their_own_language(
    admin: Client, grace: Client, base: str, party: RelyingParty, mailoutbox: list[EmailMessage]
) -> None:
    User.objects.filter(email="grace@example.org").update(language="de")
    ask(admin, base, party)
    told = {mail.to[0]: str(mail.subject) for mail in mailoutbox}
    assert "a change waits" in told["admin@example.org"]
    assert "Änderung" in told["grace@example.org"]


def test_it_waits_and_is_done_when_another_agrees(
    admin: Client, grace: Client, base: str, party: RelyingParty, mailoutbox: list[EmailMessage]
) -> None:
    asked = ask(admin, base, party)
    assert asked.arguments.keys() == {"party", "redirect_uris"}
    assert {address for mail in mailoutbox for address in mail.to} == {
        "admin@example.org",
        "grace@example.org",
    }
    assert asked.pk in str(mailoutbox[0].body)
    assert "waits for an administrator" in admin.get(f"{base}people/").content.decode()
    mine = admin.get(f"{base}approvals/{asked.pk}/").content.decode()
    assert "nothing is changed until they agree" in mine
    assert "Take it back" in mine
    assert "Agree, and do it now" not in mine
    admin.post(f"{base}approvals/{asked.pk}/agree/")
    party.refresh_from_db()
    assert party.redirect_uris == [ADDRESS]
    theirs = grace.get(f"{base}approvals/{asked.pk}/").content.decode()
    assert "Agree, and do it now" in theirs
    assert SECOND in theirs.replace("<wbr>", "")
    assert grace.post(f"{base}approvals/{asked.pk}/agree/").status_code == 302
    party.refresh_from_db()
    assert party.redirect_uris == [ADDRESS, SECOND]
    assert "waits for an administrator" not in admin.get(f"{base}people/").content.decode()
    assert "Carried out" in admin.get(f"{base}approvals/").content.decode()
    assert "Carried out by grace@example.org." in admin.get(f"{base}approvals/{asked.pk}/").content.decode()


def test_it_is_refused(admin: Client, grace: Client, base: str, party: RelyingParty) -> None:
    asked = ask(admin, base, party)
    grace.post(f"{base}approvals/{asked.pk}/refuse/")
    grace.post(f"{base}approvals/{asked.pk}/agree/")
    asked.refresh_from_db()
    assert asked.state == Approval.State.REFUSED
    page = admin.get(f"{base}approvals/{asked.pk}/").content.decode()
    assert "Refused by grace@example.org: nothing was changed." in page
    party.refresh_from_db()
    assert party.redirect_uris == [ADDRESS]


def test_an_auditor_sees_it_and_decides_nothing(
    admin: Client, grace: Client, base: str, party: RelyingParty, tenant: Tenant
) -> None:
    asked = ask(admin, base, party)
    auditor = signed_in(make_user((tenant, Role.AUDITOR)))
    assert "Agree" not in auditor.get(f"{base}approvals/{asked.pk}/").content.decode().split("<main", 1)[1]
    for act in ("agree", "alone", "refuse"):
        assert auditor.post(f"{base}approvals/{asked.pk}/{act}/").status_code == 403
    asked.refresh_from_db()
    assert asked.is_pending


def test_one_alone_waits_a_day_in_sight_of_the_team(
    admin: Client, base: str, party: RelyingParty, user: User, mailoutbox: list[EmailMessage]
) -> None:
    asked = ask(admin, base, party)
    assert asked.alone_from is not None
    assert "alone from" in str(mailoutbox[0].body)
    admin.post(f"{base}approvals/{asked.pk}/alone/")
    party.refresh_from_db()
    assert party.redirect_uris == [ADDRESS]
    Approval.objects.update(alone_from=now() - timedelta(seconds=1))
    assert "Carry it out now" in admin.get(f"{base}approvals/{asked.pk}/").content.decode()
    admin.post(f"{base}approvals/{asked.pk}/alone/")
    party.refresh_from_db()
    assert party.redirect_uris == [ADDRESS, SECOND]


def test_without_the_notice_nothing_is_asked(
    admin: Client, base: str, party: RelyingParty, monkeypatch: Any
) -> None:
    def fails(*_: Any) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", fails)
    given = form_of(party, redirect_uris=[ADDRESS, SECOND], **{"agreement-why": "x"})
    page = admin.post(f"{base}relying-parties/{party.pk}/edit/", given)
    assert page.status_code == 409
    assert "could not be told" in page.content.decode()
    assert not Approval.objects.exists()


def test_a_reason_has_to_be_given(admin: Client, grace: Client, base: str, party: RelyingParty) -> None:
    given = form_of(party, redirect_uris=[ADDRESS, SECOND], **{"agreement-why": " "})
    assert admin.post(f"{base}relying-parties/{party.pk}/edit/", given).status_code == 409
    assert not Approval.objects.exists()


def test_t13_a_link_to_somebody_in_use_is_shown_once_to_who_agrees(
    admin: Client, grace: Client, base: str, tenant: Tenant
) -> None:
    person = make_subject(name="Grace Hopper")
    page = admin.post(f"{base}people/{person.pk}/links/")
    assert page.status_code == 409
    assert "Another administrator has to agree" in page.content.decode()
    admin.post(f"{base}people/{person.pk}/links/", {"agreement-why": "The phone was lost"})
    asked = Approval.objects.get()
    where, link = f"{base}approvals/{asked.pk}/", f"/t/{tenant.slug}/enrol/"
    early = grace.get(where).content.decode()
    assert "Grace Hopper" in early
    assert "The person was told and can stop it" in early
    assert "Agree, and do it now" not in early
    said = grace.post(f"{where}agree/", follow=True).content.decode()
    assert "Agree when their day is over" in said
    Approval.objects.update(asked_at=now() - timedelta(hours=24))
    assert "Agree, and do it now" in grace.get(where).content.decode()
    shown_at = grace.post(f"{where}agree/")["Location"]
    assert shown_at.startswith(where)
    assert link in grace.get(shown_at).content.decode()
    for page in (admin.get(shown_at), admin.get(where), admin.get(f"{base}people/{person.pk}/")):
        assert link not in page.content.decode()


def test_t13_a_person_who_was_closed_meanwhile_gets_no_link(admin: Client, grace: Client, base: str) -> None:
    person = make_subject()
    admin.post(f"{base}people/{person.pk}/links/", {"agreement-why": "The phone was lost"})
    asked = Approval.objects.get()
    Approval.objects.update(asked_at=now() - timedelta(hours=24))
    grace.post(f"{base}people/{person.pk}/close/")
    page = grace.post(f"{base}approvals/{asked.pk}/agree/", follow=True).content.decode()
    assert "This person is closed." in page
    asked.refresh_from_db()
    assert asked.is_pending


def test_t21_public_subjects_by_the_form_wait_for_another(
    admin: Client, grace: Client, base: str, party: RelyingParty
) -> None:
    given = form_of(party, subject_type="public", **{"agreement-why": "Both are ours"})
    admin.post(f"{base}relying-parties/{party.pk}/edit/", given)
    party.refresh_from_db()
    assert party.subject_type == "pairwise"
    asked = Approval.objects.get()
    page = grace.get(f"{base}approvals/{asked.pk}/").content.decode()
    assert "Subject identifiers" in page
    grace.post(f"{base}approvals/{asked.pk}/agree/")
    party.refresh_from_db()
    assert party.subject_type == "public"


def test_t21_a_new_site_with_public_subjects_waits_too(
    admin: Client, grace: Client, base: str, party: RelyingParty
) -> None:
    given = form_of(party, name="Second", subject_type="public", **{"agreement-why": "Both are ours"})
    admin.post(f"{base}relying-parties/new/", given)
    assert not RelyingParty.objects.filter(name="Second").exists()
    asked = Approval.objects.get()
    shown_at = grace.post(f"{base}approvals/{asked.pk}/agree/")["Location"]
    assert RelyingParty.objects.get(name="Second").subject_type == "public"
    assert "What was made" in grace.get(shown_at).content.decode()
