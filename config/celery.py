"""The Celery application: JSON messages that carry ids only, no results, work acknowledged when done.

A process loads the tasks of its own roles (config/roles.py): `worker` judges samples; `provider` does the
scheduled work, which needs the keys that sign tokens, and sweeps, which must go on when the workers are gone.
"""

import os

from celery import Celery
from celery.signals import beat_init, task_prerun, worker_init
from django.conf import settings
from django.db import connections

from config import roles
from config.safety import (
    UnsafeSettings,
    refuse_unsafe_database,
    refuse_wide_credential,
    refuse_without_role,
)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

PROVIDER_QUEUE = "provider"
# Apart, so that nothing else waits for a relying party that does not answer.
DELIVERY_QUEUE = "deliveries"

app = Celery("visor", task_cls="authsvc.keys.tasks:SignedTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery would connect to the database anew for each task, which costs a verdict as much as its queue does.
app.conf["CELERY_DB_REUSE_MAX"] = 10**9
app.autodiscover_tasks(lambda: roles.task_packages(settings.ROLES))
app.conf.task_routes = {
    "authsvc.oidc.tasks.*": {"queue": PROVIDER_QUEUE},
    "authsvc.capture.tasks.*": {"queue": PROVIDER_QUEUE},
    "authsvc.management.tasks.*": {"queue": PROVIDER_QUEUE},
    "authsvc.person.tasks.*": {"queue": PROVIDER_QUEUE},
    "authsvc.delivery.tasks.sweep": {"queue": PROVIDER_QUEUE},
    "authsvc.delivery.tasks.deliver": {"queue": DELIVERY_QUEUE},
}
app.conf.beat_schedule = {
    "sweep": {"task": "authsvc.capture.tasks.sweep_overdue", "schedule": 5.0, "options": {"expires": 5}},
    "ended-sessions": {
        "task": "authsvc.oidc.tasks.end_sessions",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "deliveries": {"task": "authsvc.delivery.tasks.deliver", "schedule": 2.0, "options": {"expires": 2}},
    "signing-keys": {"task": "authsvc.oidc.tasks.rotate_signing_keys", "schedule": 3600.0},
    "provider-sweep": {"task": "authsvc.oidc.tasks.sweep_provider", "schedule": 600.0},
    "delivery-sweep": {"task": "authsvc.delivery.tasks.sweep", "schedule": 600.0},
    "visits": {"task": "authsvc.person.tasks.sweep_visits", "schedule": 3600.0},
    "approvals": {"task": "authsvc.management.tasks.expire_approvals", "schedule": 3600.0},
    "retention": {"task": "authsvc.management.tasks.erase_what_is_over", "schedule": 3600.0},
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


def _refuse_without_tasks() -> None:
    if not roles.task_packages(settings.ROLES):
        here = ",".join(settings.ROLES)
        raise UnsafeSettings(
            f"refusing to start: {here} takes no tasks: VISOR_ROLES must be worker, or provider for what is "
            "scheduled"
        )


@task_prerun.connect
def _drop_dead_connections(**_: object) -> None:
    """Let no task begin on a connection that is dead or too old."""
    for connection in connections.all(initialized_only=True):
        connection.close_if_unusable_or_obsolete()
        if connection.connection is not None and not connection.is_usable():
            connection.close()
