"""Entering people from a table: the portal's own long work, as it alone vouches for who is invited.

The message holds two ids and is sent and believed by the portal alone (authsvc/keys/tasks.py). A turn ends
after some seconds and sends the next; one whose process is lost is begun again from the table's page.
"""

import logging
from typing import Final
from uuid import UUID

from celery import current_app, shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from authsvc.management import importing
from authsvc.tenancy.scope import tenant_scope

log = logging.getLogger(__name__)

_NAME: Final = "portal.people.tasks.enter_people"


@shared_task(name=_NAME, ignore_result=True)
def enter_people(tenant_id: str, table_id: str) -> None:
    """Enter the next people of a table, and send for the rest."""
    with tenant_scope(UUID(tenant_id)):
        more = importing.go_on(table_id)
    if more:
        send(tenant_id, table_id)


def send(tenant_id: str, table_id: str) -> None:
    """Have the people of a table entered, once what was stored so far is; the page offers it again."""
    transaction.on_commit(lambda: _send(tenant_id, table_id))


def _send(tenant_id: str, table_id: str) -> None:
    try:
        current_app.send_task(_NAME, args=[tenant_id, table_id], ignore_result=True, retry=False)
    except (OperationalError, OSError) as problem:
        log.warning("the table %s waits: no broker, %s", table_id, type(problem).__name__)
