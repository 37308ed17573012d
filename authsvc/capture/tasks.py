"""Scheduled work on captures: seeing to it that the sweeper does its own."""

import logging
from datetime import timedelta
from typing import Final

from celery import shared_task

from authsvc.core.clock import now
from authsvc.tenancy.sweeping import due_now

log = logging.getLogger(__name__)
LATE: Final = timedelta(minutes=2)


@shared_task(ignore_result=True)
def watch_sweeper() -> None:
    """Say so where what should have been swept for a while is still there: its process does not run."""
    late = due_now(now() - LATE)
    if any(late[kind] for kind in ("transactions", "samples", "outgoing")):
        log.error("nothing was swept for %s: is `manage.py sweeper` running?", LATE)
