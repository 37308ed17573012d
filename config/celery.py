"""The Celery application: JSON messages that carry ids only, no results, work acknowledged when done.

A process loads the tasks of its own roles (config/roles.py): `worker` judges samples; `provider` does the
scheduled work, which needs the keys that sign tokens; `portal` does the long work of administrators. What
holds life limits is no task: it has a process of its own (config/management/commands/sweeper.py).
"""

import logging
import os
from collections.abc import Mapping
from functools import partial
from time import time_ns
from typing import TYPE_CHECKING, Any, Final

from celery import Celery
from celery.signals import (
    beat_init,
    before_task_publish,
    setup_logging,
    task_postrun,
    task_prerun,
    task_success,
    worker_init,
    worker_process_init,
    worker_ready,
)
from django.conf import settings
from django.db import Error, connections

from authsvc.core.beat import Beat
from config import requestids, roles
from config.safety import (
    UnsafeSettings,
    refuse_unsafe_database,
    refuse_wide_credential,
    refuse_without_role,
)

if TYPE_CHECKING:
    from authsvc.heartbeats.beats import Part

log = logging.getLogger(__name__)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

PROVIDER_QUEUE = "provider"
# Apart, so that nothing else waits for a relying party that does not answer.
DELIVERY_QUEUE = "deliveries"
# So is the log: an event is in it within two seconds, whatever else is due.
LOG_QUEUE = "log"
# So are keys: making one for each of many organisations takes a minute, in which everything else goes on.
KEYS_QUEUE = "keys"
# What is sealed by the portal's key is done by the portal's own process.
PORTAL_QUEUE = "portal"
SEQUENCED_EVERY = 0.5
"""Seconds between two rounds of the sequencer; a round's message that waits for so long is never done."""

app = Celery("visor", task_cls="authsvc.keys.tasks:SignedTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery would connect to the database anew for each task, which costs a verdict as much as its queue does.
app.conf["CELERY_DB_REUSE_MAX"] = 10**9
app.autodiscover_tasks(lambda: roles.task_packages(settings.ROLES))
app.conf.task_routes = {
    "authsvc.oidc.tasks.rotate_signing_keys": {"queue": KEYS_QUEUE},
    "authsvc.oidc.tasks.*": {"queue": PROVIDER_QUEUE},
    "authsvc.capture.tasks.*": {"queue": PROVIDER_QUEUE},
    "authsvc.management.tasks.*": {"queue": PROVIDER_QUEUE},
    "authsvc.audit.tasks.sequence_events": {"queue": LOG_QUEUE},
    "authsvc.audit.tasks.*": {"queue": PROVIDER_QUEUE},
    "authsvc.delivery.tasks.deliver": {"queue": DELIVERY_QUEUE},
    "portal.*": {"queue": PORTAL_QUEUE},
}
# By queue, the part of the installation that a task of it shows to be at work.
SHOWS: Final[Mapping[str, "Part"]] = {
    PROVIDER_QUEUE: "scheduler",
    LOG_QUEUE: "log",
    DELIVERY_QUEUE: "deliveries",
}
# What is asked for seldom says that it is there without having done anything.
SAYS: Final[Mapping[str, "Part"]] = {KEYS_QUEUE: "keys", PORTAL_QUEUE: "office"}
# What a message carries beside what is signed: the ids under which its lines stand in the log.
IDS_HEADER: Final = "visor_ids"

app.conf.beat_schedule = {
    "log": {
        "task": "authsvc.audit.tasks.sequence_events",
        "schedule": SEQUENCED_EVERY,
        "options": {"expires": SEQUENCED_EVERY},
    },
    "log-checks": {
        "task": "authsvc.management.tasks.check_logs",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "log-verification": {"task": "authsvc.audit.tasks.verify_logs", "schedule": 3600.0},
    "watch-sweeper": {"task": "authsvc.capture.tasks.watch_sweeper", "schedule": 60.0},
    "ended-sessions": {
        "task": "authsvc.oidc.tasks.end_sessions",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "deliveries": {"task": "authsvc.delivery.tasks.deliver", "schedule": 2.0, "options": {"expires": 2}},
    "signing-keys": {"task": "authsvc.oidc.tasks.rotate_signing_keys", "schedule": 3600.0},
    "amendments": {
        "task": "authsvc.management.tasks.take_over_amendments",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "approvals": {"task": "authsvc.management.tasks.expire_approvals", "schedule": 3600.0},
}


@worker_init.connect
@beat_init.connect
def _refuse_without_role(**_: object) -> None:
    """End a process without a role or a task: it would know none, and lose the messages that it takes.

    End one of production, too, beside a database that is not safe, or with more than its role's credential.
    """
    try:
        refuse_without_role(settings.ROLES)
        _refuse_without_tasks()
        refuse_wide_credential(production=settings.PRODUCTION)
        refuse_unsafe_database(production=settings.PRODUCTION)
    except UnsafeSettings as problem:
        # Celery logs what its signals' receivers raise, and goes on; but not past this.
        raise SystemExit(str(problem)) from None
    finally:
        # The scheduler and the pool are forked from here: each asks the database by a connection of its own.
        connections.close_all()


def _refuse_without_tasks() -> None:
    if not roles.task_packages(settings.ROLES):
        here = ",".join(settings.ROLES)
        raise UnsafeSettings(
            f"refusing to start: {here} takes no tasks: VISOR_ROLES must be worker, provider for what is "
            "scheduled, or portal for what administrators began"
        )


@task_prerun.connect
def _drop_dead_connections(**_: object) -> None:
    """Let no task begin on a connection that is dead or too old."""
    for connection in connections.all(initialized_only=True):
        connection.close_if_unusable_or_obsolete()
        if connection.connection is not None and not connection.is_usable():
            connection.close()


@setup_logging.connect
def _leave_logging(**_: object) -> None:
    """Leave the log as the settings have it: Celery would set it up anew."""


@worker_init.connect
def _be_watched(**_: object) -> None:
    """Answer probes before the broker does, and before the pool forks."""
    from config import watching

    watching.begin(lambda: True)


@worker_process_init.connect
def _leave_the_port(**_: object) -> None:
    from config import watching

    watching.leave()


@worker_ready.connect
def _say(sender: Any, **_: object) -> None:
    """Say of the queues that are seldom used that somebody listens."""
    from authsvc.heartbeats.beats import EVERY, heard

    for queue, part in SAYS.items():
        if queue in sender.app.amqp.queues.consume_from:
            Beat(EVERY, partial(heard, part), name=f"heartbeat of {part}", at_once=True).start()


@task_success.connect
def _show(sender: Any, **_: object) -> None:
    """Note that a part of the installation has done something."""
    from authsvc.heartbeats.beats import heard

    part = SHOWS.get((sender.request.delivery_info or {}).get("routing_key", ""))
    if part is not None:
        try:
            heard(part)
        except Error as problem:
            log.warning("that %s is at work cannot be noted: %s", part, type(problem).__name__)


@before_task_publish.connect
def _take_ids_along(headers: dict[str, Any] | None = None, **_: object) -> None:
    if headers is not None:
        headers[IDS_HEADER] = requestids.carried()


@task_prerun.connect
def _go_on_under_ids(task: Any, **_: object) -> None:
    requestids.take_up(getattr(task.request, IDS_HEADER, None))
    task.request.visor_began = time_ns()


@task_postrun.connect
def _trace(task: Any, **_: object) -> None:
    from config.tracing import trace_task

    trace_task(task.name, getattr(task.request, "visor_began", time_ns()))
