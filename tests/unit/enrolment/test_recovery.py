"""Recovery codes: who lost every device makes one passkey with one code, at L1, and nobody learns more."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from authsvc.assurance.levels import Evidence, Level, assess
from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.recoverycodes import COUNT
from authsvc.devices.models import Device
from authsvc.enrolment import recovery
from authsvc.enrolment import services as enrolment
from authsvc.enrolment.models import RecoveryCodes
from authsvc.limits.limit import forget_counts
from authsvc.limits.register import RECOVERY, RECOVERY_ADDRESS
from authsvc.management import people
from authsvc.management.actors import COMMAND_LINE
from authsvc.privacy.consent import live_consent
from authsvc.protection.base import Features, Share
from authsvc.protection.split_secret import PROTECTION
from authsvc.subjects.models import Subject
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions import services as transactions
from authsvc.transactions.models import Transaction
from devtools.phone.authenticator import Authenticator
from tests.factories import make_party, make_subject, make_tenant
from tests.unit.capture.agent import Agent

pytestmark = pytest.mark.requirement("S5.3-02")
ADDRESS = "ada@example.org"
WRITTEN = r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){5}"


@pytest.fixture
def agent(db: None) -> Iterator[Agent]:
    """A browser whose authenticator is empty: the device before was lost."""
    forget_counts()
    tenant = make_tenant(name="Northwind Bank")
    with tenant_scope(tenant.id):
        yield Agent(tenant)


@pytest.fixture
def ada(agent: Agent) -> Subject:
    """A person whose lost passkey opens their face."""
    subject = agent.enrolled(reference="", reference_version=0, claims={"email": ADDRESS}, name="Ada")
    agent.authenticator = Authenticator()
    consent = live_consent(subject)
    assert consent is not None
    made, share = Features(b"template", "engine:1", 80), Share(b"p" * 32, "prf")
    kept = PROTECTION.protect(
        made, subject=subject, device=subject.devices.get(), share=share, consent=consent.pk
    )
    subject.reference, subject.reference_version = kept.pseudonym, kept.version
    subject.save()
    return subject


@pytest.fixture
def codes(ada: Subject) -> list[str]:
    return recovery.make_codes(subject=ada, actor="a test")


def gives(agent: Agent, code: str, *, revoke: bool = True, **headers: str) -> Any:
    sent = {"code": code, **({"revoke": "on"} if revoke else {})}
    return agent.client.post(f"/t/{agent.tenant.slug}/me/lost", sent, headers=headers)


def opened_by(answer: Any) -> Transaction:
    assert answer.status_code == 303, answer.content.decode()
    return Transaction.objects.get(pk=answer["Location"].rstrip("/").rsplit("/", 1)[-1])


def recovered(agent: Agent, code: str, *, revoke: bool = True) -> Device:
    row = opened_by(gives(agent, code, revoke=revoke))
    assert agent.passkey(row).json() == {"next": "done", "continue_url": row.continue_path}
    assert agent.client.get(row.continue_path).status_code == 200
    return Device.objects.get(recovered=True)


def events(tag: Tag) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(tag=tag).order_by("sequence"))


def test_codes_come_with_the_enrolment_and_are_shown_once(agent: Agent) -> None:
    invited = make_subject(reference="", reference_version=0, status=Subject.Status.INVITED)
    link, _ = enrolment.create_link(subject=invited, created_by="admin")
    row = enrolment.decline(link=link, browser_key=agent.key)
    agent.holds(row, agent.key)
    agent.passkey(row)
    shown = re.findall(WRITTEN, agent.client.get(row.continue_path).content.decode())
    assert len(set(shown)) == COUNT
    again = agent.client.get(row.continue_path).content.decode()
    assert "All set" in again
    assert re.findall(WRITTEN, again) == []
    [made] = events(Tag.RECOVERY_CODES_MADE)
    assert (made.transaction, made.subject, made.details["count"]) == (row.pk, str(invited.pk), COUNT)
    assert not made.details["replaced"]


def test_a_code_has_80_bits_beside_its_beginning_and_stands_nowhere(ada: Subject, codes: list[str]) -> None:
    beginnings = {code[:9] for code in codes}
    assert len(beginnings) == 1
    assert all(len(code.replace("-", "")[8:]) * 5 == 80 for code in codes)
    kept = str(list(RecoveryCodes.objects.values())) + str(list(AuditEvent.objects.values()))
    assert not any(part in kept for code in codes for part in (code, code[10:], code.replace("-", "")[8:]))


def test_a_code_makes_one_passkey_which_signs_in_at_l1(
    agent: Agent, ada: Subject, codes: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        made = recovered(agent, codes[0])
    assert (made.subject, made.status) == (ada, Device.Status.ACTIVE)
    row = agent.open()
    assert agent.get(row).json()["face"]["offered"] is True  # nobody knows yet who comes
    assert agent.passkey(row).json()["next"] == "done"
    row.refresh_from_db()
    assessment = assess(Evidence.from_record(row.evidence))
    assert (assessment.level, assessment.amr) == (Level.L1, ("swk", "user"))
    assert "recovery code" in assessment.reasons[0]
    [told] = mail.outbox
    assert (told.to, "recovery code" in told.body) == ([ADDRESS], True)
    assert not any(code in told.body for code in codes)
    [used], [device] = events(Tag.RECOVERY_CODE_USED), events(Tag.DEVICE_RECOVERED)
    assert (used.subject, used.details["left"]) == (str(ada.pk), COUNT - 1)
    assert (device.transaction, device.details["device"]) == (used.transaction, made.pk)


def test_a_code_works_once_and_the_others_go_on(agent: Agent, ada: Subject, codes: list[str]) -> None:
    recovered(agent, codes[0])
    assert gives(agent, codes[0]).status_code == 422
    second = f" {codes[1].lower().replace('-', ' ').replace('o', '0')} "
    assert opened_by(gives(agent, second)).subject == ada


def test_what_a_code_opened_is_over_when_it_was_used_or_left(agent: Agent, codes: list[str]) -> None:
    row = opened_by(gives(agent, codes[0]))
    agent.passkey(row)
    agent.client.get(row.continue_path)
    assert agent.post(row, "passkey/options", {"session_key": agent.session_key}).status_code == 410
    assert "Your new passkey works" in agent.client.get(row.continue_path).content.decode()
    left = opened_by(gives(agent, codes[1]))
    agent.post(left, "cancel")
    page = agent.client.get(left.continue_path).content.decode()
    assert "You stopped here" in page
    assert f'href="/t/{agent.tenant.slug}/me/lost"' in page
    assert gives(agent, codes[1]).status_code == 422


def test_a_page_that_was_loaded_again_makes_no_second_passkey(
    agent: Agent, ada: Subject, codes: list[str]
) -> None:
    row = opened_by(gives(agent, codes[0]))
    agent.passkey(row)
    agent.session_key = type(agent)(agent.tenant).session_key
    Transaction.objects.filter(pk=row.pk).update(state=Transaction.State.PROVEN)
    assert "pubKeyCredParams" not in agent.options(row)
    assert ada.devices.count() == 2


def test_the_lost_passkeys_end_and_the_face_that_only_they_open(
    agent: Agent, ada: Subject, codes: list[str]
) -> None:
    lost = ada.devices.get()
    recovered(agent, codes[0])
    lost.refresh_from_db()
    ada.refresh_from_db()
    assert lost.status == Device.Status.REVOKED
    assert not ada.has_face
    [erased] = events(Tag.FACE_ERASED)
    assert erased.actor == f"person {ada.pk}"


def test_they_stay_where_the_person_says_so_and_so_does_the_face(
    agent: Agent, ada: Subject, codes: list[str]
) -> None:
    lost = ada.devices.get()
    recovered(agent, codes[0], revoke=False)
    lost.refresh_from_db()
    ada.refresh_from_db()
    assert lost.status == Device.Status.ACTIVE
    assert ada.has_face


@pytest.mark.parametrize("asked", ["floor", "essential"])
def test_where_more_is_asked_the_page_says_so_and_leads_back(
    agent: Agent, ada: Subject, codes: list[str], asked: str
) -> None:
    recovered(agent, codes[0], revoke=False)
    party = make_party(floor_level="L2" if asked == "floor" else "L1")
    row = agent.open(client=party)
    if asked == "essential":
        Transaction.objects.filter(pk=row.pk).update(request={"essential_acr": ["urn:visor:L2"]})
    assert agent.passkey(row).json() == {"next": "recovered"}
    assert agent.post(row, "without-face").json()["next"] == "done"


def test_the_face_is_never_offered_with_it(agent: Agent, ada: Subject, codes: list[str]) -> None:
    recovered(agent, codes[0], revoke=False)
    row = agent.open(client=make_party())
    assert agent.passkey(row).json()["next"] == "done"
    assert agent.get(row).json()["face"]["offered"] is False


def test_no_camera_starts_in_a_recovery(agent: Agent, ada: Subject, codes: list[str]) -> None:
    row = opened_by(gives(agent, codes[0]))
    agent.passkey(row)
    Transaction.objects.filter(pk=row.pk).update(state=Transaction.State.PROVEN)
    row.refresh_from_db()
    with pytest.raises(Refused) as refused:
        transactions.issue_capture(row, challenge={})
    assert refused.value.code == "face-closed"


def test_a_passkey_that_it_adds_is_worth_no_more(agent: Agent, ada: Subject, codes: list[str]) -> None:
    first = recovered(agent, codes[0])
    start: Any = agent.client.post(f"/t/{agent.tenant.slug}/passkeys/", headers={"origin": agent.origin})
    row = Transaction.objects.get(pk=start["Location"].rstrip("/").rsplit("/", 1)[-1])
    assert agent.passkey(row).json() == {"next": "create"}
    options = agent.options(row)
    agent.authenticator = Authenticator()
    assert agent.passkey(row, agent.answer(options)).json()["next"] == "done"
    assert agent.client.get(row.continue_path).status_code == 200
    second = ada.devices.exclude(pk=first.pk).get(status=Device.Status.ACTIVE)
    assert second.recovered


def test_a_link_followed_with_it_lets_it_count_fully(agent: Agent, ada: Subject, codes: list[str]) -> None:
    made = recovered(agent, codes[0])
    link, _ = enrolment.create_link(subject=ada, created_by="admin")
    row = enrolment.decline(link=link, browser_key=agent.key)
    agent.holds(row, agent.key)
    body = {"session_key": agent.session_key, "passkey": "existing"}
    options = agent.post(row, "passkey/options", body).json()["publicKey"]
    assert agent.passkey(row, agent.answer(options)).json()["next"] == "done"
    assert agent.client.get(row.continue_path).status_code == 200
    made.refresh_from_db()
    assert not made.recovered


class TestRefusal:
    """Whatever is wrong, the answer is the same, and it is counted and written down."""

    @pytest.mark.parametrize("kind", ["none", "half", "unknown", "used", "old", "closed", "other tenant"])
    def test_all_answers_are_the_same(self, agent: Agent, ada: Subject, codes: list[str], kind: str) -> None:
        code = codes[0]
        if kind == "none":
            code = "MNOP-" * 5 + "QRST"
        elif kind == "half":
            code = codes[0][:-5]
        elif kind == "unknown":
            code = codes[0][:-4] + ("AAAA" if not codes[0].endswith("AAAA") else "BBBB")
        elif kind == "used":
            opened_by(gives(agent, code))
        elif kind == "old":
            recovery.make_codes(subject=ada, actor="a test")
        elif kind == "closed":
            people.close(by=COMMAND_LINE, subject=ada)
        else:
            other = make_tenant()
            with tenant_scope(other.id):
                code = recovery.make_codes(subject=make_subject(), actor="a test")[0]
        before = Transaction.objects.count()
        answer = gives(agent, code)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert re.findall(r'id="id_code_error">(?:<svg.*?</svg>)?\s*([^<]+)<', page, re.DOTALL) == [
            "This code was not accepted. Check each letter, or use another of your codes."
        ]
        assert code not in page
        assert Transaction.objects.count() == before
        assert len(events(Tag.RECOVERY_CODE_REFUSED)) == 1
        assert code[10:] not in str(list(AuditEvent.objects.values()))

    def test_nobody_guesses_from_one_address(self, agent: Agent, ada: Subject, codes: list[str]) -> None:
        for number in range(RECOVERY_ADDRESS.most):
            assert gives(agent, f"{number:024}").status_code == 422
        refused = gives(agent, codes[0])
        assert refused.status_code == 429
        assert "Please wait a little" in refused.content.decode()
        other = agent.client.post(
            f"/t/{agent.tenant.slug}/me/lost", {"code": codes[0]}, REMOTE_ADDR="192.0.2.7"
        )
        assert other.status_code == 303

    def test_nobody_guesses_for_one_person_from_many(
        self, agent: Agent, ada: Subject, codes: list[str]
    ) -> None:
        path = f"/t/{agent.tenant.slug}/me/lost"
        for number in range(RECOVERY.most):
            wrong = f"{codes[0][:9]}-{number:015}A"
            answer = agent.client.post(path, {"code": wrong}, REMOTE_ADDR=f"192.0.2.{number}")
            assert answer.status_code == 422
        assert agent.client.post(path, {"code": codes[0]}, REMOTE_ADDR="198.51.100.1").status_code == 429

    def test_what_is_right_costs_nothing(self, agent: Agent, ada: Subject, codes: list[str]) -> None:
        for code in codes:
            assert gives(agent, code).status_code == 303
        assert gives(agent, codes[0]).status_code == 422
        assert RecoveryCodes.objects.get().left == 0

    def test_a_passkey_of_somebody_else_does_not_finish_it(
        self, agent: Agent, ada: Subject, codes: list[str]
    ) -> None:
        row = opened_by(gives(agent, codes[0]))
        thief = Client()
        assert thief.get(row.continue_path).status_code == 403
        assert thief.get(f"/t/{agent.tenant.slug}/signin/{row.pk}/").status_code == 403

    def test_one_that_took_too_long_lets_nobody_in(
        self, agent: Agent, ada: Subject, codes: list[str]
    ) -> None:
        row = opened_by(gives(agent, codes[0]))
        agent.passkey(row)
        Transaction.objects.filter(pk=row.pk).update(expires_at=now() - timedelta(seconds=1))
        assert "This took too long" in agent.client.get(row.continue_path).content.decode()
        assert not Device.objects.filter(recovered=True).exists()
        assert ada.devices.filter(status=Device.Status.ACTIVE).count() == 1


def test_closing_a_person_leaves_no_code(agent: Agent, ada: Subject, codes: list[str]) -> None:
    people.close(by=COMMAND_LINE, subject=ada)
    assert not RecoveryCodes.objects.unchecked().exists()
