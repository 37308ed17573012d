"""Signed tasks: server roles believe each other's messages, not whoever can write to the broker (S6.2-09).

The role that sends a task signs its name, id, arguments and a time with a key that only this role holds; the
role that takes it checks all that before anything runs. A task that came true once does not come again.
"""

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from celery import Task
from celery.signals import before_task_publish
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.db import IntegrityError, transaction

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.ids import b64u, unb64u
from authsvc.keys.held import accepted
from authsvc.keys.models import TaskDone
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope

log = logging.getLogger(__name__)

LIFE: Final = timedelta(hours=1)
"""So long a task may wait in the queue; what it was for is over by then, or is due anew."""
SENDERS: Final = frozenset({"web", "provider"})
"""The roles that send tasks to others. A worker only takes them."""
_OWN: Final = "portal."
"""What the names of the portal's own tasks begin with: the portal alone sends these, and nothing else."""
HEADER: Final = "visor"


class TaskRefused(Exception):
    """A task that is not believed; the message says why, for the log."""

    def __init__(self, why: str, tag: Tag | None = Tag.TASK_REFUSED) -> None:
        super().__init__(why)
        self.tag = tag


class SignedTask(Task):
    """A task that runs only where one of our roles has sent it, in time, and once."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Check the message and run the task; a call in this very process is no message."""
        if self.request.called_directly:
            return super().__call__(*args, **kwargs)
        try:
            seal = _read(getattr(self.request, HEADER, None))
            _check(seal, _content(self.name, str(self.request.id), args, kwargs, seal), senders(self.name))
            _check_new(str(self.request.id))
        except TaskRefused as refused:
            _write_down(self.name, args, refused)
            return None
        result = self.run(*args, **kwargs)
        _note_done(str(self.request.id))
        return result


@before_task_publish.connect
def _sign(
    sender: str | None = None, headers: dict[str, Any] | None = None, body: Any = None, **_: object
) -> None:
    """Sign a message on its way out; a process that plays no sending role sends what nobody believes."""
    role = next((role for role in settings.ROLES if role in senders(str(sender))), None)
    key = settings.SECRETS.get(f"task_private_key_{role}")
    if key is None or headers is None:
        return
    seal = {"by": role, "until": int((now() + LIFE).timestamp())}
    content = _content(str(sender), str(headers["id"]), body[0], body[1], seal)
    headers[HEADER] = {**seal, "signature": b64u(Ed25519PrivateKey.from_private_bytes(key).sign(content))}


def _content(
    name: str, identifier: str, args: Sequence[Any], kwargs: Mapping[str, Any], seal: Mapping[str, Any]
) -> bytes:
    """Return what is signed: everything that decides what runs, for whom, and until when."""
    signed = ["visor/task/v1", name, identifier, list(args), dict(kwargs), seal["by"], seal["until"]]
    return json.dumps(signed, sort_keys=True, separators=(",", ":")).encode()


def _read(found: Any) -> dict[str, Any]:
    kinds = {"by": str, "until": int, "signature": str}
    if not isinstance(found, dict) or {name: type(value) for name, value in found.items()} != kinds:
        raise TaskRefused("nobody signed it")
    return found


def senders(name: str) -> frozenset[str]:
    """Return the roles that may send a task of this name."""
    return frozenset({"portal"}) if name.startswith(_OWN) else SENDERS


def _check(seal: Mapping[str, Any], content: bytes, believed: Collection[str]) -> None:
    if seal["by"] not in believed:
        raise TaskRefused(f"the role {seal['by']!r} sends no tasks")
    keys = accepted(f"task_public_key_{seal['by']}")
    if not any(_is_signed_by(key, seal["signature"], content) for key in keys):
        raise TaskRefused("the signature is not the sender's, or what it signed was altered")
    if seal["until"] < now().timestamp():
        raise TaskRefused("it waited for too long", tag=None)


def _is_signed_by(key: bytes, signature: str, content: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(unb64u(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _check_new(identifier: str) -> None:
    if TaskDone.objects.filter(pk=identifier).exists():
        raise TaskRefused("it was done before", tag=Tag.TASK_REPEATED)


def _note_done(identifier: str) -> None:
    """Remember a task that was done: one whose worker died half-way has to come again."""
    try:
        with transaction.atomic():
            TaskDone.objects.create(id=identifier, until=now() + LIFE)
    except IntegrityError:
        log.info("task %s was done twice at the same time", identifier)


def _write_down(name: str, args: Sequence[Any], refused: TaskRefused) -> None:
    """Log a refusal, and record it for the organisation that the task names, if it names one of ours."""
    log.error("task %s refused: %s", name, refused)
    tenant = _tenant_of(args)
    if refused.tag is not None and tenant is not None:
        with tenant_scope(tenant):
            record(refused.tag, reason=str(refused), task=name)


def _tenant_of(args: Sequence[Any]) -> UUID | None:
    try:
        identifier = UUID(str(args[0]))
    except (IndexError, ValueError):
        return None
    return identifier if Tenant.objects.filter(pk=identifier).exists() else None
