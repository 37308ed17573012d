"""Enrolment links, from the notice to their use."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.capture.browser import cookie_name
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.devices.models import Device
from authsvc.enrolment import services
from authsvc.enrolment.models import EnrolmentLink
from authsvc.privacy.consent import live_consent
from authsvc.privacy.models import ConsentReceipt
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction
from tests.factories import make_subject, make_tenant
from tests.unit.capture.agent import Agent


@pytest.fixture
def subject(agent: Agent) -> Subject:
    return make_subject(name="Ada", reference="", reference_version=0, status=Subject.Status.INVITED)


@pytest.fixture
def path(subject: Subject) -> str:
    """The path of a fresh link."""
    return urlsplit(services.create_link(subject=subject, created_by="admin")[1]).path


def consent(agent: Agent, path: str, **body: Any) -> Any:
    headers = {"origin": agent.origin}
    return agent.client.post(path + "consent", body, content_type="application/json", headers=headers)


def notice_of(agent: Agent, path: str) -> dict[str, Any]:
    answer = agent.client.get(path, headers={"accept": "application/json"})
    return answer.json()["notice"]


def enrolled_without_face(agent: Agent, path: str) -> Transaction:
    opened = consent(agent, path, face=False).json()
    row = Transaction.objects.get(pk=opened["transaction"])
    assert agent.passkey(row).json()["next"] == "done"
    return row


def test_a_link_keeps_only_the_hash_of_its_token(subject: Subject) -> None:
    link, url = services.create_link(subject=subject, created_by="admin")
    token = url.rstrip("/").rsplit("/", 1)[-1]
    assert len(token) == 43
    assert token not in str(vars(link))
    assert timedelta(hours=23) < link.expires_at - now() <= timedelta(hours=24)
    assert services.find_link(token) == link


@pytest.mark.requirement("S10-07")
def test_the_notice_is_shown_in_layers_to_people_and_programs(agent: Agent, path: str) -> None:
    notice = notice_of(agent, path)
    assert {"who", "why", "where", "how_long", "alternative", "version"} <= set(notice)
    page = agent.client.get(path, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    text = page.content.decode()
    assert "Hello Ada" in text
    assert notice["version"] in text
    assert page["Referrer-Policy"] == "same-origin"
    assert AuditEvent.objects.filter(tag=Tag.NOTICE_SHOWN).count() == 2


@pytest.mark.requirement("S10-01")
def test_consent_is_an_act_with_a_receipt(agent: Agent, path: str, subject: Subject) -> None:
    version = notice_of(agent, path)["version"]
    assert live_consent(subject) is None
    answer = consent(agent, path, notice_version=version)
    assert answer.status_code == 200
    assert answer.json()["agent_url"].endswith(f"/agent/{answer.json()['transaction']}/")
    receipt = live_consent(subject)
    assert receipt is not None
    assert receipt.notice_version == version


@pytest.mark.requirement("S10-07")
def test_consent_to_another_text_is_refused(agent: Agent, path: str) -> None:
    assert consent(agent, path, notice_version="older").status_code == 409
    assert not ConsentReceipt.objects.exists()
    assert not Transaction.objects.exists()


def test_a_form_leads_to_the_page_with_a_cookie(agent: Agent, path: str) -> None:
    browser = Client()
    version = notice_of(agent, path)["version"]
    body = {"choice": "face", "notice_version": version}
    answer: Any = browser.post(path + "consent", body, headers={"origin": agent.origin})
    assert answer.status_code == 303
    assert "/signin/" in answer["Location"]
    row = Transaction.objects.get()
    cookie = answer.cookies[cookie_name(row.id)]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    page = browser.get(answer["Location"])
    assert "Make your passkey" in page.content.decode()


def test_consent_from_another_origin_is_refused(agent: Agent, path: str) -> None:
    headers = {"origin": "https://attacker.example"}
    for kind in ("application/json", "application/x-www-form-urlencoded"):
        answer = agent.client.post(path + "consent", "choice=face", content_type=kind, headers=headers)
        assert answer.status_code == 403
    assert not Transaction.objects.exists()


@pytest.mark.requirement("S10-01")
def test_declining_the_face_enrols_a_passkey_without_disadvantage(
    agent: Agent, path: str, subject: Subject
) -> None:
    row = enrolled_without_face(agent, path)
    done = agent.client.get(f"/t/{agent.tenant.slug}/enrol/finish/{row.id}/")
    assert done.status_code == 200
    subject.refresh_from_db()
    device = subject.devices.get()
    assert (subject.status, subject.has_face, device.status) == ("active", False, "active")
    assert live_consent(subject) is None
    assert agent.passkey(agent.open()).json()["next"] == "done"


def test_an_unfinished_enrolment_lets_nobody_in(agent: Agent, path: str, subject: Subject) -> None:
    enrolled_without_face(agent, path)
    Subject.objects.update(status=Subject.Status.ACTIVE)
    assert subject.devices.get().status == Device.Status.PENDING
    assert agent.passkey(agent.open()).status_code == 403


def test_a_link_is_used_once(agent: Agent, path: str) -> None:
    first, second = enrolled_without_face(agent, path), enrolled_without_face(agent, path)
    finish = f"/t/{agent.tenant.slug}/enrol/finish/"
    assert agent.client.get(f"{finish}{first.id}/").status_code == 200
    assert agent.client.get(f"{finish}{second.id}/").status_code == 410
    assert agent.client.get(path).status_code == 410
    second.refresh_from_db()
    assert second.state == Transaction.State.CANCELLED
    said = AuditEvent.objects.filter(tag=Tag.ENROLMENT_LINK_REFUSED, transaction=second.pk)
    assert [row.reason for row in said] == ["link-used"]
    assert Device.objects.filter(status=Device.Status.ACTIVE).count() == 1


def test_c10_reloading_all_set_says_all_set_and_does_nothing(agent: Agent, path: str) -> None:
    row = enrolled_without_face(agent, path)
    finish = f"/t/{agent.tenant.slug}/enrol/finish/{row.id}/"
    first = agent.client.get(finish)
    before = AuditEvent.objects.count()
    again = agent.client.get(finish)
    assert (first.status_code, again.status_code) == (200, 200)
    assert "All set" in again.content.decode()
    assert AuditEvent.objects.count() == before
    assert Client().get(finish).status_code == 403


@pytest.mark.parametrize("state", Transaction.LEFT)
def test_c10_an_enrolment_that_was_left_can_be_begun_again(agent: Agent, path: str, state: str) -> None:
    consented = consent(agent, path, face=False).json()
    Transaction.objects.filter(pk=consented["transaction"]).update(state=state)
    finish = f"/t/{agent.tenant.slug}/enrol/finish/{consented['transaction']}/"
    page = agent.client.get(finish).content.decode()
    again = f"/t/{agent.tenant.slug}/enrol/again/{consented['transaction']}/"
    assert f'action="{again}"' in page
    answer: Any = agent.client.post(again, headers={"origin": agent.origin})
    assert answer.status_code == 303
    row = Transaction.objects.get(pk=answer["Location"].rstrip("/").rsplit("/", 1)[1])
    assert row.state == Transaction.State.OPEN
    assert agent.passkey(row).json()["next"] == "done"
    assert agent.client.get(row.continue_path).status_code == 200
    assert "used already" in agent.client.get(finish).content.decode()
    assert agent.client.post(again, headers={"origin": agent.origin}).status_code == 410


def test_c10_nobody_else_begins_an_enrolment_again(agent: Agent, path: str) -> None:
    opened = consent(agent, path, face=False).json()["transaction"]
    again = f"/t/{agent.tenant.slug}/enrol/again/{opened}/"
    assert agent.client.post(again).status_code == 403
    agent.client.cookies[cookie_name(opened)] = "A" * 43
    assert agent.client.post(again, headers={"origin": agent.origin}).status_code == 404
    assert Transaction.objects.count() == 1


def test_c10_an_unfinished_enrolment_leads_back_to_where_it_stands(agent: Agent, path: str) -> None:
    opened = consent(agent, path, face=False).json()["transaction"]
    answer: Any = agent.client.get(f"/t/{agent.tenant.slug}/enrol/finish/{opened}/")
    assert (answer.status_code, answer["Location"]) == (303, f"/t/{agent.tenant.slug}/signin/{opened}/")


def test_c10_one_enrolment_makes_one_passkey_however_often_its_page_is_reloaded(
    agent: Agent, path: str, subject: Subject
) -> None:
    version = notice_of(agent, path)["version"]
    row = Transaction.objects.get(pk=consent(agent, path, notice_version=version).json()["transaction"])
    assert agent.passkey(row).json()["next"] == "capture"
    for _reload in range(2):
        options = agent.options(row)
        assert [each["id"] for each in options["allowCredentials"]] == [subject.devices.get().credential_id]
        answer = agent.passkey(row, agent.answer(options))
        assert answer.json()["next"] == "capture"
    assert subject.devices.get().status == Device.Status.PENDING
    assert (
        "Make my passkey" not in agent.client.get(f"/t/{agent.tenant.slug}/signin/{row.pk}/").content.decode()
    )


def test_c10_the_reloaded_page_takes_no_other_passkey(agent: Agent, path: str) -> None:
    version = notice_of(agent, path)["version"]
    other = make_subject()
    agent.passkey(agent.open(Transaction.Kind.ENROL, subject=other))
    other.devices.update(status=Device.Status.ACTIVE)
    row = Transaction.objects.get(pk=consent(agent, path, notice_version=version).json()["transaction"])
    agent.passkey(row)
    options = {**agent.options(row), "allowCredentials": [{"id": other.devices.get().credential_id}]}
    assert agent.passkey(row, agent.answer(options)).status_code == 403


def test_c10_agreeing_twice_goes_on_with_what_was_begun(agent: Agent, path: str) -> None:
    version = notice_of(agent, path)["version"]
    agreed = [consent(agent, path, notice_version=version).json()["transaction"] for _ in range(2)]
    alone = consent(agent, path, face=False).json()["transaction"]
    assert agreed[0] == agreed[1] != alone


@pytest.mark.parametrize(("face", "steps"), [(True, 3), (False, 2)])
def test_c10_only_a_passkey_shows_no_step_for_the_face(
    agent: Agent, path: str, face: bool, steps: int
) -> None:
    version = notice_of(agent, path)["version"]
    opened = consent(agent, path, face=face, notice_version=version).json()["transaction"]
    page = agent.client.get(f"/t/{agent.tenant.slug}/signin/{opened}/").content.decode()
    assert f"Step 2 of {steps}" in page
    assert ('<li class="">Face</li>' in page) is face


def test_a_sign_in_finishes_no_enrolment(agent: Agent) -> None:
    row = agent.open()
    Transaction.objects.filter(pk=row.pk).update(state=Transaction.State.DECIDED)
    answer = agent.client.get(f"/t/{agent.tenant.slug}/enrol/finish/{row.id}/")
    assert answer.status_code == 409
    row.refresh_from_db()
    assert row.state == Transaction.State.DECIDED


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"expires_at": now() - timedelta(seconds=1)}, "time of this link is over"),
        ({"used_at": now()}, "used already"),
        ({"revoked_at": now()}, "was withdrawn"),
    ],
    ids=["expired", "used", "revoked"],
)
def test_c10_wrong_used_and_expired_links_read_differently(
    agent: Agent, path: str, change: dict[str, Any], said: str
) -> None:
    unknown = agent.client.get(path.replace(path.split("/")[-2], "A" * 43))
    EnrolmentLink.objects.update(**change)
    over = agent.client.get(path)
    assert (unknown.status_code, over.status_code) == (404, 410)
    assert said in over.content.decode()
    assert "not known here" in unknown.content.decode()
    assert consent(agent, path, face=False).status_code == 410
    assert not Transaction.objects.exists()


def test_c10_a_link_of_a_closed_account_says_so(agent: Agent, path: str) -> None:
    Subject.objects.update(status=Subject.Status.CLOSED)
    assert "This account is closed." in agent.client.get(path).content.decode()


def test_a_revoked_link_opens_nothing(subject: Subject) -> None:
    link, url = services.create_link(subject=subject, created_by="admin")
    services.revoke_link(link=link, revoked_by="admin")
    with pytest.raises(Refused, match="link-revoked"):
        services.find_link(url.rstrip("/").rsplit("/", 1)[-1])
    assert AuditEvent.objects.filter(tag=Tag.ENROLMENT_LINK_REVOKED).exists()


def test_t13_a_person_has_one_open_link(subject: Subject) -> None:
    other, _ = services.create_link(subject=make_subject(), created_by="admin")
    expired, _ = services.create_link(subject=subject, created_by="admin")
    EnrolmentLink.objects.filter(pk=expired.pk).update(expires_at=now())
    links = [services.create_link(subject=subject, created_by="another admin") for _ in range(3)]
    states = [EnrolmentLink.objects.get(pk=link.pk).state for link, _ in links]
    assert states == ["revoked", "revoked", "open"]
    assert EnrolmentLink.objects.get(pk=other.pk).state == "open"
    told = AuditEvent.objects.filter(tag=Tag.ENROLMENT_LINK_REVOKED)
    assert {row.actor for row in told} == {"another admin"}
    assert len(told) == 3
    for _, url in links[:-1]:
        with pytest.raises(Refused, match="link-revoked"):
            services.find_link(url.rstrip("/").rsplit("/", 1)[-1])


def test_t13_an_enrolment_begun_from_the_older_link_is_not_finished(
    agent: Agent, path: str, subject: Subject
) -> None:
    row = enrolled_without_face(agent, path)
    services.create_link(subject=subject, created_by="admin")
    assert agent.client.get(row.continue_path).status_code == 410
    assert not Device.objects.filter(status=Device.Status.ACTIVE).exists()
    subject.refresh_from_db()
    assert subject.status == Subject.Status.INVITED


def test_a_link_of_another_tenant_is_unknown(path: str) -> None:
    other = make_tenant()
    assert Client().get("/".join(["", "t", other.slug, *path.split("/")[3:]])).status_code == 404


def test_a_second_passkey_works_only_once_it_is_finished(agent: Agent) -> None:
    subject = agent.enrolled(reference="")
    start: Any = agent.client.post(f"/t/{agent.tenant.slug}/passkeys/", headers={"origin": agent.origin})
    row = Transaction.objects.get(pk=start["Location"].rstrip("/").rsplit("/", 1)[-1])
    agent.passkey(row)
    added = agent.passkey(row).json()
    assert added["next"] == "done"
    assert sorted(subject.devices.values_list("status", flat=True)) == ["active", "pending"]
    assert agent.client.get(added["continue_url"]).status_code == 200
    assert set(subject.devices.values_list("status", flat=True)) == {"active"}


def test_the_passkeys_page_explains_first(agent: Agent) -> None:
    page = agent.client.get(f"/t/{agent.tenant.slug}/passkeys/")
    assert page.status_code == 200
    assert not Transaction.objects.exists()


@pytest.mark.requirement("S9.4-11")
@pytest.mark.parametrize(
    "reason", ["unknown-link", "link-used", "link-revoked", "link-expired", "account-closed"]
)
def test_t26_a_refused_link_is_an_event_of_its_own(
    agent: Agent, path: str, subject: Subject, reason: str
) -> None:
    fields = {"link-used": "used_at", "link-revoked": "revoked_at"}
    if reason in fields:
        EnrolmentLink.objects.update(**{fields[reason]: now()})
    if reason == "link-expired":
        EnrolmentLink.objects.update(expires_at=now() - timedelta(seconds=1))
    if reason == "account-closed":
        Subject.objects.update(status=Subject.Status.CLOSED)
    if reason == "unknown-link":
        path = path.replace(path.split("/")[-2], "another")
    assert agent.client.get(path).status_code in {404, 410}
    event = AuditEvent.objects.get(tag=Tag.ENROLMENT_LINK_REFUSED)
    assert event.reason == reason
    assert not AuditEvent.objects.filter(tag=Tag.AGENT_REFUSED).exists()
