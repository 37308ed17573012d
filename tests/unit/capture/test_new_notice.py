"""A notice that changed asks again, before the camera; refusing leaves the passkey (S10-07)."""

from datetime import timedelta

import pytest
from django.utils import translation

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.privacy.consent import RENEWED_BEFORE, live_consent
from authsvc.privacy.models import ConsentReceipt
from authsvc.privacy.notice import current_notice
from authsvc.transactions.models import Capture, Transaction
from tests.unit.capture.agent import Agent

pytestmark = pytest.mark.requirement("S10-07")


@pytest.fixture
def signing_in(agent: Agent) -> Transaction:
    """A sign-in of somebody who agreed to an older notice, before the passkey."""
    agent.enrolled()
    ConsentReceipt.objects.update(notice_version="an older one")
    return agent.open()


def test_who_agreed_to_the_notice_as_it_is_is_not_asked(agent: Agent) -> None:
    agent.enrolled()
    assert agent.passkey(agent.open()).json()["next"] == "choose"


def test_who_agreed_to_another_one_is_asked_before_the_camera(agent: Agent, signing_in: Transaction) -> None:
    assert agent.passkey(signing_in).json() == {"next": "agree"}
    assert AuditEvent.objects.filter(tag=Tag.NOTICE_SHOWN, transaction=signing_in.pk).count() == 1
    refused = agent.post(signing_in, "challenge", {"prefer": None})
    assert (refused.status_code, refused.json()["error"]) == (403, "notice-changed")
    assert not Capture.objects.exists()


def test_whoever_agrees_goes_on_and_is_not_asked_again(agent: Agent, signing_in: Transaction) -> None:
    agent.passkey(signing_in)
    version = agent.get(signing_in).json()["notice_version"]
    assert agent.post(signing_in, "consent", {"notice_version": version}).json() == {"next": "choose"}
    assert agent.post(signing_in, "challenge", {"prefer": None}).status_code == 200
    assert ConsentReceipt.objects.count() == 2
    assert agent.passkey(agent.open()).json()["next"] == "choose"


def test_whoever_refuses_is_in_by_the_passkey_and_asked_the_next_time(
    agent: Agent, signing_in: Transaction
) -> None:
    agent.passkey(signing_in)
    assert agent.post(signing_in, "without-face").json()["next"] == "done"
    signing_in.refresh_from_db()
    assert (signing_in.state, signing_in.evidence.face) == (Transaction.State.DECIDED, None)
    assert agent.passkey(agent.open()).json()["next"] == "agree"
    assert ConsentReceipt.objects.count() == 1


@pytest.mark.parametrize("version", ["an older one", "", None, 7])
def test_agreeing_to_another_text_is_refused(agent: Agent, signing_in: Transaction, version: object) -> None:
    agent.passkey(signing_in)
    refused = agent.post(signing_in, "consent", {"notice_version": version})
    assert (refused.status_code, refused.json()["error"]) == (409, "notice-changed")
    assert ConsentReceipt.objects.count() == 1


def test_nobody_agrees_before_the_passkey_is_proven(agent: Agent, signing_in: Transaction) -> None:
    version = current_notice(agent.tenant).version
    assert agent.post(signing_in, "consent", {"notice_version": version}).status_code == 409
    assert ConsentReceipt.objects.count() == 1


@pytest.mark.parametrize("kind", [Transaction.Kind.OWN_PAGE, Transaction.Kind.BIND])
def test_only_a_sign_in_asks(agent: Agent, signing_in: Transaction, kind: str) -> None:
    row = agent.open(kind)
    agent.passkey(row)
    version = current_notice(agent.tenant).version
    assert agent.post(row, "consent", {"notice_version": version}).status_code == 409


def test_a_consent_that_is_about_to_end_is_asked_for_anew(agent: Agent) -> None:
    subject = agent.enrolled()
    ConsentReceipt.objects.update(expires_at=now() + RENEWED_BEFORE - timedelta(minutes=1))
    row = agent.open()
    assert agent.passkey(row).json()["next"] == "agree"
    version = current_notice(agent.tenant).version
    agent.post(row, "consent", {"notice_version": version})
    renewed = live_consent(subject)
    assert renewed is not None
    assert renewed.expires_at > now() + timedelta(days=300)


def test_without_any_consent_the_face_is_not_offered(agent: Agent, signing_in: Transaction) -> None:
    ConsentReceipt.objects.update(withdrawn_at=now())
    assert agent.passkey(signing_in).json()["next"] == "done"


def test_another_language_is_not_another_notice(agent: Agent) -> None:
    with translation.override("de"):
        there = current_notice(agent.tenant).version
    assert there == current_notice(agent.tenant).version


def test_the_page_brings_the_notice_along(agent: Agent) -> None:
    page = agent.client.get(f"/t/{agent.tenant.slug}/signin/{agent.open().pk}/").content.decode()
    assert 'data-screen="agree"' in page
    assert current_notice(agent.tenant).content["what"] in page
    assert current_notice(agent.tenant).version in page
