"""Whoever can write to the broker has no task run: forged, altered, replayed, of a foreign role (S6.2-09)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.biometrics.tasks import verify_capture
from authsvc.core.clock import now
from authsvc.core.ids import b64u, new_id
from authsvc.keys import tasks
from authsvc.keys.models import TaskDone
from authsvc.management import overview
from authsvc.oidc.tasks import rotate_signing_keys
from authsvc.tenancy.models import Tenant
from tests.factories import make_tenant
from tests.sweeping import erased

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S6.2-09")]
Message = dict[str, Any]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The arguments of each run of the verification that came to pass."""
    runs: list[tuple[Any, ...]] = []
    monkeypatch.setattr(verify_capture, "run", lambda *args: runs.append(args))
    return runs


def sent(*args: str, task: Any = verify_capture) -> Message:
    """A message as the web tier puts it on the queue."""
    headers: Message = {"id": new_id(), "task": task.name}
    tasks._sign(sender=task.name, headers=headers, body=(list(args), {}, {}))
    return {**headers, "args": list(args)}


def taken(message: Message, task: Any = verify_capture) -> None:
    """Let a worker take a message from the queue, as Celery hands it to a task."""
    task.push_request({**message, "called_directly": False})
    try:
        task(*message["args"])
    finally:
        task.pop_request()


def told() -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(tag__in=(Tag.TASK_REFUSED, Tag.TASK_REPEATED)).order_by("sequence")
    return [(row.tag, row.reason) for row in rows]


def test_what_the_web_tier_sends_runs_once(tenant: Tenant, ran: list[Any]) -> None:
    message = sent(str(tenant.id), "capture")
    taken(message)
    assert ran == [(str(tenant.id), "capture")]
    assert told() == []
    taken(message)
    assert len(ran) == 1
    assert told() == [(Tag.TASK_REPEATED, "it was done before")]


def _unsigned(message: Message) -> None:
    del message[tasks.HEADER]


def _altered_arguments(message: Message) -> None:
    message["args"][1] = "another capture"


def _another_id(message: Message) -> None:
    message["id"] = new_id()


def _longer(message: Message) -> None:
    message[tasks.HEADER]["until"] += 60


def _other_sender(message: Message) -> None:
    message[tasks.HEADER]["by"] = "provider"


def _no_sender(message: Message) -> None:
    message[tasks.HEADER]["by"] = "worker"


def _odd(message: Message) -> None:
    message[tasks.HEADER]["signature"] = 7


def sign_by(key: Ed25519PrivateKey, message: Message) -> None:
    """Sign a message as it stands, by whichever key."""
    seal = message[tasks.HEADER]
    content = tasks._content(verify_capture.name, message["id"], message["args"], {}, seal)
    seal["signature"] = b64u(key.sign(content))


def _own_key(message: Message) -> None:
    sign_by(Ed25519PrivateKey.generate(), message)


@pytest.mark.parametrize(
    "forge",
    [
        _unsigned,
        _altered_arguments,
        _another_id,
        _longer,
        _other_sender,
        _no_sender,
        _odd,
        _own_key,
    ],
)
def test_a_forged_message_runs_nothing_and_is_an_alarm(
    tenant: Tenant, ran: list[Any], forge: Callable[[Message], None]
) -> None:
    message = sent(str(tenant.id), "capture")
    forge(message)
    taken(message)
    assert ran == []
    assert [tag for tag, _ in told()] == [Tag.TASK_REFUSED]
    assert not TaskDone.objects.exists()
    assert any(str(found.text) == str(Tag.TASK_REFUSED.words) for found in overview.read(now()).attention)


@pytest.mark.parametrize("role", ["worker", "portal"])
def test_a_role_that_sends_nothing_is_not_believed_with_its_own_key(
    tenant: Tenant, ran: list[Any], settings: Any, role: str
) -> None:
    message = sent(str(tenant.id), "capture")
    message[tasks.HEADER]["by"] = role
    sign_by(Ed25519PrivateKey.from_private_bytes(settings.SECRETS[f"task_private_key_{role}"]), message)
    taken(message)
    assert ran == []
    assert told() == [(Tag.TASK_REFUSED, f"the role {role!r} sends no tasks")]


@pytest.mark.parametrize("roles", [["portal", "web"], ["web", "portal"], ["worker", "web"]])
def test_a_process_of_several_roles_sends_as_the_one_that_may(
    tenant: Tenant, ran: list[Any], settings: Any, roles: list[str]
) -> None:
    settings.ROLES = roles
    taken(sent(str(tenant.id), "capture"))
    assert len(ran) == 1


@pytest.mark.parametrize("roles", [[], ["worker"], ["portal"]])
def test_who_plays_no_sending_role_signs_nothing(tenant: Tenant, settings: Any, roles: list[str]) -> None:
    settings.ROLES = roles
    assert tasks.HEADER not in sent(str(tenant.id), "capture")


def test_a_signature_for_one_task_starts_no_other(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[bool] = []
    monkeypatch.setattr(rotate_signing_keys, "run", lambda *_: ran.append(True))
    taken(sent(str(tenant.id), "capture"), task=rotate_signing_keys)
    assert ran == []
    taken(sent(task=rotate_signing_keys), task=rotate_signing_keys)
    assert ran == [True]


def test_what_waited_too_long_is_no_forgery_and_does_not_run(
    tenant: Tenant, ran: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = sent(str(tenant.id), "capture")
    later = now() + tasks.LIFE + timedelta(seconds=1)
    monkeypatch.setattr(tasks, "now", lambda: later)
    taken(message)
    assert (ran, told()) == ([], [])


def test_a_task_whose_worker_died_comes_again(
    tenant: Tenant, ran: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = sent(str(tenant.id), "capture")
    with monkeypatch.context() as dying:
        dying.setattr(verify_capture, "run", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            taken(message)
    assert not TaskDone.objects.exists()
    taken(message)
    assert len(ran) == 1


def test_a_refusal_is_written_for_a_tenant_of_ours_only(ran: list[Any], tenant: Tenant) -> None:
    other = make_tenant()
    for named in ("no id", "00000000-0000-0000-0000-000000000000"):
        taken({"id": new_id(), "args": [named, "capture"]})
    taken({"id": new_id(), "args": []})
    assert (ran, told()) == ([], [])
    taken({"id": new_id(), "args": [str(other.id), "capture"]})
    assert (ran, told()) == ([], [])


def test_what_was_done_is_forgotten_when_it_is_too_old_to_come_again(tenant: Tenant, ran: list[Any]) -> None:
    taken(sent(str(tenant.id), "capture"))
    assert erased() == {}
    assert erased(tasks.LIFE + timedelta(seconds=1)) == {"keys_taskdone": 1}
    assert not TaskDone.objects.exists()


def test_a_call_in_this_process_is_no_message(ran: list[Any]) -> None:
    verify_capture("tenant", "capture")
    assert ran == [("tenant", "capture")]
