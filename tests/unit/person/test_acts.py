"""What a person does at their own page, and what follows."""

from datetime import timedelta

import pytest
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.devices.models import Device
from authsvc.management.acting import FRESH
from authsvc.oidc.models import Session
from authsvc.privacy.consent import live_consent
from authsvc.privacy.models import ConsentReceipt
from authsvc.transactions.models import Transaction
from authsvc.vault.models import Reference
from tests.factories import make_device
from tests.unit.capture.agent import Agent
from tests.unit.person.visitor import Visitor

pytestmark = pytest.mark.requirement("S10-08")
STALE = FRESH + timedelta(seconds=5)


def a_reference(visitor: Visitor) -> Reference:
    """Make the row that the person's pseudonym names."""
    return Reference.objects.create(
        pseudonym=visitor.subject.reference,
        model="G",
        sealed_template=b"sealed",
        engine="engine:1",
        consent="consent",
        tenant_id=visitor.agent.tenant.id,
    )


def a_session(visitor: Visitor) -> Session:
    """Make a session of the person at the provider, which rests on no face."""
    return Session.objects.create(
        digest="d", subject=visitor.subject, device=visitor.device, authenticated_at=now(), last_used_at=now()
    )


def test_a_passkey_gets_another_name(inside: Visitor) -> None:
    path = f"passkeys/{inside.device.pk}/"
    assert 'value="Software phone"' in inside.text(path)
    assert inside.post(path, {"name": "  My phone "}).status_code == 302
    assert "My phone" in inside.text()
    event = AuditEvent.objects.get(tag=Tag.DEVICE_RENAMED)
    assert event.actor == f"person {inside.subject.pk}"
    assert "My phone" not in str(event.details)


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\u202eb", "a\u200bb", "a\x00b"])
def test_a_name_that_cannot_be_read_is_refused_with_a_reason(inside: Visitor, name: str) -> None:
    answer = inside.post(f"passkeys/{inside.device.pk}/", {"name": name})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    inside.device.refresh_from_db()
    assert inside.device.name == "Software phone"


def test_a_name_is_shown_as_it_was_written(inside: Visitor) -> None:
    inside.post(f"passkeys/{inside.device.pk}/", {"name": "<b>Zoë’s 電話 & tablet"})
    assert "&lt;b&gt;Zoë’s 電話 &amp; tablet" in inside.text()


def test_a_lost_passkey_is_revoked(inside: Visitor) -> None:
    lost = make_device(inside.subject, name="Lost phone")
    session = Session.objects.create(
        digest="e", subject=inside.subject, device=lost, authenticated_at=now(), last_used_at=now()
    )
    question = inside.text(f"passkeys/{lost.pk}/revoke")
    assert "Revoke “Lost phone”?" in question
    assert "last passkey" not in question
    answer = inside.post(f"passkeys/{lost.pk}/revoke")
    lost.refresh_from_db()
    session.refresh_from_db()
    assert (lost.status, session.ended_at is not None) == (Device.Status.REVOKED, True)
    assert "The passkey is revoked" in str(inside.agent.client.get(answer["Location"]).content)
    assert "Lost phone" not in inside.text()
    inside.subject.refresh_from_db()
    assert inside.subject.has_face


def test_the_last_passkey_is_not_revoked_without_a_word_and_takes_the_face_with_it(inside: Visitor) -> None:
    a_reference(inside)
    path = f"passkeys/{inside.device.pk}/revoke"
    question = inside.text(path)
    assert "It is your last passkey" in question
    assert "Add another passkey first" in question
    answer = inside.post(path)
    inside.subject.refresh_from_db()
    assert not inside.subject.has_face
    assert Reference.objects.get().status == Reference.Status.REVOKED
    receipt = inside.agent.client.get(answer["Location"]).content.decode()
    assert "The passkey is revoked" in receipt
    assert "What was made of your face is erased." in receipt
    assert "Use my passkey" in inside.text()


def test_a_face_is_removed_and_the_consent_stays(inside: Visitor) -> None:
    row, session = a_reference(inside), a_session(inside)
    page = inside.text()
    assert "It lies on a server, sealed, and apart from your name." in page
    assert "It opens only together with your passkey." in page
    assert "engine:<wbr>1" in page
    inside.text("face/remove")
    answer = inside.post("face/remove")
    for changed in (row, session, inside.subject):
        changed.refresh_from_db()
    assert (row.status, bytes(row.sealed_template)) == (Reference.Status.REVOKED, b"")
    assert (inside.subject.has_face, session.ended_at is None) == (False, False)
    assert live_consent(inside.subject) is not None
    assert "Your face is removed" in str(inside.agent.client.get(answer["Location"]).content)
    assert "Nothing of your face is kept" in inside.text()


@pytest.mark.requirement("S10-01")
def test_consent_is_withdrawn_in_two_taps_and_everything_that_it_covered_ends(inside: Visitor) -> None:
    row, session = a_reference(inside), a_session(inside)
    running = Agent(inside.agent.tenant)
    running.authenticator = inside.agent.authenticator
    signing_in = running.open()
    assert running.passkey(signing_in).json()["next"] == "choose"

    assert f'href="{inside.root}consent/withdraw"' in inside.text()
    question = inside.text("consent/withdraw")  # the first tap
    assert '<form method="post"><input type="hidden" name="csrfmiddlewaretoken"' in question
    answer = inside.post("consent/withdraw")  # the second tap

    for changed in (row, session, signing_in, inside.subject):
        changed.refresh_from_db()
    assert signing_in.state == Transaction.State.CANCELLED
    assert running.post(signing_in, "challenge", {"prefer": None}).status_code == 410
    assert (row.status, bytes(row.sealed_template)) == (Reference.Status.REVOKED, b"")
    assert session.ended_at is not None
    assert not inside.subject.has_face
    assert live_consent(inside.subject) is None
    number = answer["Location"].rstrip("/").rsplit("/", 1)[-1]
    page = inside.agent.client.get(answer["Location"]).content.decode()
    assert "Your consent is withdrawn" in page
    assert number in page
    event = AuditEvent.objects.get(tag=Tag.CONSENT_WITHDRAWN)
    assert (event.actor, event.details["receipt"]) == (f"person {inside.subject.pk}", number)
    assert running.passkey(running.open()).json()["next"] == "done"


def test_withdrawing_again_changes_nothing_and_ends_nowhere(inside: Visitor) -> None:
    inside.post("consent/withdraw")
    before = AuditEvent.objects.filter(tag=Tag.CONSENT_WITHDRAWN).count()
    assert inside.post("consent/withdraw")["Location"] == inside.root
    assert inside.get("consent/withdraw")["Location"] == inside.root
    assert AuditEvent.objects.filter(tag=Tag.CONSENT_WITHDRAWN).count() == before == 1


@pytest.mark.parametrize(
    "path", ["passkeys/{device}/revoke", "face/remove", "consent/withdraw", "needs/light", "needs/turn"]
)
def test_what_cannot_be_undone_asks_for_the_passkey_again(inside: Visitor, path: str) -> None:
    path = path.format(device=inside.device.pk)
    inside.waits(STALE)
    answer = inside.post(path)
    assert (answer.status_code, answer["Location"]) == (302, inside.root + path)
    question = inside.text(path)
    assert "Show once more that it is you." in question
    assert '<form method="post"><input' not in question
    inside.subject.refresh_from_db()
    inside.device.refresh_from_db()
    assert inside.subject.has_face
    assert inside.device.status == Device.Status.ACTIVE
    assert inside.comes_in(inside.root + path)["Location"] == inside.root + path
    assert '<form method="post"><input' in inside.text(path)


def test_a_name_is_changed_with_a_passkey_used_a_while_ago(inside: Visitor) -> None:
    inside.waits(STALE)
    assert inside.post(f"passkeys/{inside.device.pk}/", {"name": "Phone"}).status_code == 302
    assert "Phone" in inside.text()


def test_a_receipt_is_its_persons_alone(inside: Visitor) -> None:
    path = inside.post("face/remove")["Location"]
    assert Client().get(path)["Location"] == inside.root
    other = Visitor(Agent(inside.agent.tenant), name="Grace")
    other.comes_in()
    assert other.agent.client.get(path).status_code == 404
    assert inside.get("receipts/unknown/").status_code == 404


def test_what_was_agreed_to_is_shown_as_it_was(inside: Visitor) -> None:
    ConsentReceipt.objects.update(notice={"who": "An older text."})
    page = inside.text()
    assert "An older text." in page
    assert ConsentReceipt.objects.get().pk in page


def test_sign_ins_are_told_in_plain_words_with_their_numbers(inside: Visitor) -> None:
    agent = inside.agent
    done = agent.open()
    agent.passkey(done)
    agent.post(done, "without-face")
    refused = agent.open(subject=inside.subject)
    agent.passkey(refused, {"id": "odd"})
    page = inside.text()
    assert done.pk in page
    assert refused.pk in page
    for words in ("Opening this page", "With your passkey.", "The passkey or the face was not accepted."):
        assert words in page
