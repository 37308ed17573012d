"""What the agent's page is told by its interface: each leads to one of its screens (docs/states.md)."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from authsvc.capture import wire
from authsvc.core.clock import now
from authsvc.devices.models import Device
from authsvc.privacy.models import ConsentReceipt
from authsvc.subjects.models import Subject
from authsvc.transactions.models import AttemptCounter, Capture, Transaction
from authsvc.vault.models import DeviceWrap, Reference
from tests.factories import make_subject
from tests.journeys.ends.walker import Answer, Walker
from tests.unit.capture.agent import session_key

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
    agent = {"type": "browser", "build": "1"}
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
