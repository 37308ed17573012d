"""Scheduled work on the log, in a Celery process of role provider, on a queue of its own (docs/adr/0410)."""

import logging
from uuid import UUID

from celery import shared_task

from authsvc.audit.sequencing import AT_ONCE, sequence
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.audit.verification import verify_log
from authsvc.audit.writers import signer
from authsvc.core.remembered import Remembered
from authsvc.tenancy.each import in_each_tenant
from authsvc.tenancy.scope import current_tenant_id

log = logging.getLogger(__name__)
_told: "Remembered[object, bool]" = Remembered(seconds=3600)


@shared_task(ignore_result=True)
def sequence_events() -> None:
    """Take the events that wait into their tenants' logs, and sign checkpoints."""
    if signer() is None:
        log.critical("there is no key to sign checkpoints of the audit log by: no event comes into it")
        return
    while _some_have_more():
        pass


@shared_task(ignore_result=True)
def verify_logs() -> None:
    """Check every tenant's log; a fault is an alarm in the process log and, hourly, in the log itself."""
    in_each_tenant(verify_and_tell)


def _some_have_more() -> bool:
    """Take in what waits of each tenant, at most a round of each; tell whether any has more than that."""
    full: list[UUID] = []

    def sequence_one() -> None:
        if sequence() >= AT_ONCE:
            full.append(current_tenant_id())

    in_each_tenant(sequence_one, having="log")
    return bool(full)


def verify_and_tell() -> None:
    """Check the log of the tenant in scope, and raise the alarm where it is not whole."""
    finding = verify_log().finding
    if finding is None:
        return
    log.critical("the audit log of tenant %s is not whole: %s", current_tenant_id(), finding)
    if not _told.get(current_tenant_id()):
        _told.keep(current_tenant_id(), value=True)
        record(Tag.LOG_BROKEN, reason=finding.kind, found=str(finding))
