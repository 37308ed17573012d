"""What the agent's page is told by its interface: each leads to one of its screens (docs/states.md)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.test import override_settings

from authsvc.capture import wire
from authsvc.clients.scopes import LIVENESS
from authsvc.core.clock import now
from authsvc.devices.models import Device
from authsvc.limits.limit import TooMany
from authsvc.limits.register import FACE
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.services import publish_policy
from authsvc.privacy.models import ConsentReceipt
from authsvc.subjects.models import Subject
from authsvc.transactions.models import AttemptCounter, Capture, Outgoing, Transaction
from authsvc.transactions.records import LivenessRequest
from authsvc.transactions.services import issue_capture
from authsvc.vault.models import DeviceWrap, Reference
from tests.factories import make_consent, make_party, make_subject
from tests.journeys.ends.walker import Answer, Walker
from tests.unit.capture.agent import session_key
from tests.unit.transactions.flow import CHALLENGE

Walk = Callable[[Walker], Any]
REFUSALS: list[tuple[str, Walk]] = []
ASK = {"prefer": None}


def refusal(code: str) -> Callable[[Walk], Walk]:
    """Put a walk into the table: it ends with this code."""

    def listed(walk: Walk) -> Walk:
        REFUSALS.append((code, walk))
        return walk

    return listed


def _face(walker: Walker) -> Transaction:
    """A sign-in whose passkey is proven, and whose person has a face."""
    walker.ada = walker.agent.enrolled()
    return walker.agent.proven()


def _sent(walker: Walker, path: str, body: bytes, kind: str = "application/json", **headers: str) -> Answer:
    row = walker.agent.open()
    given = {"origin": walker.agent.origin, **headers}
    return walker.browser.post(walker.agent.url(row, path), body, content_type=kind, headers=given)


@refusal("not-proven")
def _(walker: Walker) -> Answer:
    return walker.agent.post(walker.agent.open(), "without-face")


@refusal("no-challenge")
def _(walker: Walker) -> Answer:
    return walker.agent.upload(walker.agent.open())


@refusal("no-passkey-challenge")
def _(walker: Walker) -> Answer:
    walker.agent.enrolled()
    row = walker.agent.open()
    credential = walker.agent.answer(walker.agent.options(row))
    walker.agent.passkey(row, credential)
    return walker.agent.passkey(row, credential)


@refusal("passkey-refused")
def _(walker: Walker) -> Answer:
    walker.agent.enrolled()
    Device.objects.update(status=Device.Status.REVOKED)
    return walker.agent.passkey(walker.agent.open())


@refusal("person-suspended")
def _(walker: Walker) -> Answer:
    walker.agent.enrolled()
    Subject.objects.update(status=Subject.Status.SUSPENDED)
    return walker.agent.passkey(walker.agent.open())


@refusal("other-person")
def _(walker: Walker) -> Answer:
    walker.agent.enrolled()
    row = walker.agent.open()
    credential = walker.agent.answer(walker.agent.options(row))
    with patch("authsvc.capture.ceremonies.verify_assertion") as verified:
        verified.return_value = Device.objects.get()
        Transaction.objects.filter(pk=row.pk).update(subject=make_subject())
        return walker.agent.passkey(row, credential)


@refusal("too-late")
def _(walker: Walker) -> Answer:
    row = _face(walker)
    walker.agent.post(row, "without-face")
    return walker.agent.post(row, "passkey/options", {"session_key": session_key()})


@refusal("bad-session-key")
def _(walker: Walker) -> Answer:
    return walker.agent.post(walker.agent.open(), "passkey/options", {"session_key": {}})


def _session(walker: Walker) -> Transaction:
    """A session of liveness, which its relying party opened for some key."""
    named = LivenessRequest("k" * 43)
    party = make_party(name="Shop", scopes=["openid", LIVENESS])
    return walker.agent.open(Transaction.Kind.LIVENESS, client=party, request=named)


@refusal("key-refused")
def _(walker: Walker) -> Answer:
    row, said = _session(walker), {"type": "simulator", "build": "1"}
    walker.agent.post(row, "key/options", {"session_key": session_key(), "agent": said})
    return walker.agent.post(row, "key", {"proof": "no proof", "agent": said})


@refusal("no-passkey-here")
def _(walker: Walker) -> Answer:
    return walker.agent.post(_session(walker), "passkey/options", {"session_key": session_key()})


@refusal("bad-passkey")
def _(walker: Walker) -> Answer:
    sent = {"session_key": session_key(), "passkey": "another"}
    return walker.agent.post(walker.agreed(), "passkey/options", sent)


@refusal("no-passkey")
def _(walker: Walker) -> Answer:
    sent = {"session_key": session_key(), "passkey": "existing"}
    return walker.agent.post(walker.agreed(), "passkey/options", sent)


@refusal("bad-credential")
def _(walker: Walker) -> Answer:
    agent = {"type": "simulator", "build": "1"}
    return walker.agent.post(walker.agent.open(), "passkey", {"credential": "x", "agent": agent})


@refusal("bad-agent")
def _(walker: Walker) -> Answer:
    return walker.agent.post(walker.agent.open(), "passkey", {"credential": {}, "agent": {"type": "tv"}})


@refusal("bad-preference")
def _(walker: Walker) -> Answer:
    return walker.agent.post(_face(walker), "challenge", {"prefer": "dark"})


@refusal("no-worker")
def _(walker: Walker) -> Answer:
    row = _face(walker)
    with patch("authsvc.capture.challenge.keys_on_offer", return_value=[]):
        return walker.agent.post(row, "challenge", ASK)


@refusal("crowded")
def _(walker: Walker) -> Answer:
    row = _face(walker)
    with patch("authsvc.transactions.crowding.OF_A_WORKER", 0):
        return walker.agent.post(row, "challenge", ASK)


@refusal("no-counters")
def _(walker: Walker) -> Answer:
    row = _face(walker)
    nobody_counts = TooMany(FACE, retry_after=10, detail="no store", first=True, status=503)
    with patch("authsvc.capture.challenge.spend_all", side_effect=nobody_counts):
        return walker.agent.post(row, "challenge", ASK)


@refusal("too-many")
def _(walker: Walker) -> Answer:
    row = walker.agent.open()
    with override_settings(LIMITS={"pages-address": 1}):
        walker.agent.post(row, "passkey/options", {})
        return walker.agent.post(row, "passkey/options", {})


@refusal("region-elsewhere")
def _(walker: Walker) -> Answer:
    row = _face(walker)
    publish_policy(document={**DEFAULT, "region": "eu-1"}, published_by="a test")
    return walker.agent.post(row, "challenge", ASK)


@refusal("no-consent")
def _(walker: Walker) -> Answer:
    row = _face(walker)
    ConsentReceipt.objects.all().delete()
    return walker.agent.post(row, "challenge", ASK)


@refusal("no-face")
def _(walker: Walker) -> Answer:
    row = _face(walker)
    Subject.objects.update(reference="")
    return walker.agent.post(row, "challenge", ASK)


@refusal("notice-changed")
def _(walker: Walker) -> Answer:
    row = _face(walker)
    ConsentReceipt.objects.update(notice_version="old")
    return walker.agent.post(row, "challenge", ASK)


@refusal("face-closed")
def _(walker: Walker) -> Answer:
    row = _face(walker)
    Transaction.objects.update(face_closed=True)
    return walker.agent.post(row, "challenge", ASK)


@refusal("face-too-old")
def _(walker: Walker) -> Answer:
    row = _face(walker)
    Reference.objects.create(pseudonym=walker.ada.reference, model="G", sealed_template=b"s")
    with patch("authsvc.vault.ageing.now", lambda: now().replace(year=now().year + 3)):
        return walker.agent.post(row, "challenge", ASK)


@refusal("locked")
def _(walker: Walker) -> Answer:
    row = _face(walker)
    AttemptCounter.objects.create(subject=walker.ada, locked_until=now().replace(year=now().year + 1))
    return walker.agent.post(row, "challenge", ASK)


@refusal("face-disabled")
def _(walker: Walker) -> Answer:
    row = _face(walker)
    AttemptCounter.objects.create(subject=walker.ada, disabled=True)
    return walker.agent.post(row, "challenge", ASK)


@refusal("late")
def _(walker: Walker) -> Answer:
    row = _face(walker)
    walker.agent.post(row, "challenge", ASK)
    Capture.objects.update(expires_at=now())
    return walker.agent.upload(row)


@refusal("early")
def _(walker: Walker) -> Answer:
    row = _face(walker)
    walker.agent.post(row, "challenge", ASK)
    return walker.agent.upload(row, early=True)


@refusal("face-needed")
def _(walker: Walker) -> Answer:
    walker.ada = walker.agent.enrolled()
    reference = Reference.objects.create(pseudonym=walker.ada.reference, model="G", sealed_template=b"s")
    device = walker.ada.devices.get().pk
    DeviceWrap.objects.create(reference=reference, device=device, sealed_server_share=b"s", wrapped_key=b"k")
    row = walker.agent.open(Transaction.Kind.BIND)
    walker.agent.passkey(row)
    walker.agent.passkey(row)
    return walker.agent.post(row, "without-face")


@refusal("busy")
def _(walker: Walker) -> Answer:
    row = _face(walker)
    walker.agent.post(row, "challenge", ASK)
    walker.agent.upload(row)
    return walker.agent.post(row, "cancel")


@refusal("build-refused")
def _(walker: Walker) -> Answer:
    walker.agent.enrolled()
    walker.agent.type, walker.agent.scripts = "browser", {"main.js": "old"}
    return walker.agent.passkey(walker.agent.open())


@refusal("simulator-refused")
def _(walker: Walker) -> Answer:
    walker.agent.enrolled()
    with patch("django.conf.settings.SIMULATOR_ENABLED", new=False):
        return walker.agent.passkey(walker.agent.open())


@refusal("foreign-origin")
def _(walker: Walker) -> Answer:
    return _sent(walker, "cancel", b"{}", origin="https://other.example")


@refusal("bad-json")
def _(walker: Walker) -> Answer:
    return _sent(walker, "cancel", b"[]")


@refusal("content-type")
def _(walker: Walker) -> Answer:
    return _sent(walker, "cancel", b"{}", "text/plain")


@refusal("too-large")
def _(walker: Walker) -> Answer:
    return _sent(walker, "cancel", b"x" * (wire.JSON_LIMIT + 1))


@refusal("expired")
def _(walker: Walker) -> Answer:
    return walker.agent.get(walker.overdue(walker.agent.open()))


@refusal("ended")
def _(walker: Walker) -> Answer:
    return walker.agent.get(walker.left(walker.agent.open()))


@refusal("not-decided")
def _(walker: Walker) -> Answer:
    row = walker.row(walker.browser.post(f"{walker.root}me/enter"))
    return walker.get(row.continue_path)


@refusal("not-fetched")
def _(walker: Walker) -> Answer:
    subject = make_subject(reference="", reference_version=0)
    make_consent(subject)
    finish = f"/t/{walker.tenant.slug}/enrol/finish/{{id}}/"
    row = walker.agent.open(Transaction.Kind.ENROL, subject=subject, continue_path=finish)
    walker.agent.passkey(row)
    row.refresh_from_db()
    capture = issue_capture(row, challenge=CHALLENGE)
    Outgoing.objects.create(capture=capture, body=b"sealed", expires_at=now() + timedelta(minutes=1))
    Transaction.objects.filter(pk=row.pk).update(state=Transaction.State.DECIDED)
    return walker.get(row.continue_path)


@refusal("nothing-waits")
def _(walker: Walker) -> Answer:
    publish_policy(document={**DEFAULT, "models": ["B"]}, published_by="admin")
    return walker.agent.post(walker.agent.open(Transaction.Kind.ENROL, subject=make_subject()), "outgoing")


@refusal("not-a-push-address")
def _(walker: Walker) -> Answer:
    row = walker.enrolled()
    walker.get(row.continue_path)
    sent = {"endpoint": "https://attacker.example/", "key": "", "secret": ""}
    headers = {"origin": walker.agent.origin}
    return walker.browser.post(f"{walker.root}enrol/told/{row.pk}/", sent, headers=headers)


@refusal("not-this-model")
def _(walker: Walker) -> Answer:
    return walker.agent.post(walker.agent.open(), "outgoing")


def _at_the_desk(walker: Walker, step: str, credential: Any = None) -> Answer:
    row = walker.asked()
    path, sent = f"{walker.root}desk/{row.pk}/", {"origin": walker.agent.origin}
    options = walker.browser.post(path + "near/options", {}, content_type="application/json", headers=sent)
    answer = walker.agent.answer(options.json()["publicKey"])
    body = {"credential": {**answer, "authenticatorAttachment": credential}} if credential else {}
    return walker.browser.post(path + step, body, content_type="application/json", headers=sent)


@refusal("not-near")
def _(walker: Walker) -> Answer:
    walker.agent.enrolled()
    return _at_the_desk(walker, "near", "platform")


@refusal("near-first")
def _(walker: Walker) -> Answer:
    walker.agent.enrolled()
    publish_policy(document={**DEFAULT, "handoff_near": True}, published_by="a test")
    return _at_the_desk(walker, "code")


@refusal("other-passkey")
def _(walker: Walker) -> Answer:
    """Somebody else's passkey was used at the desk."""
    walker.agent.enrolled(name="Grace Example")
    answered = _at_the_desk(walker, "near", "cross-platform")
    assert answered.status_code == 200, answered.content
    row = Transaction.objects.latest("created_at")
    handoff = row.handoff
    assert handoff is not None
    row.handoff, row.agent_digest = replace(handoff, state="taken"), row.browser_digest
    row.save(update_fields=["stored_handoff", "agent_digest"])
    walker.agent.enrolled(name="Ada Example")
    return walker.agent.passkey(row)
