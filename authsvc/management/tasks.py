"""Scheduled acts; they open nothing, and run in processes of role provider (docs/adr/0112)."""

from celery import shared_task

from authsvc.management.approvals import expire
from authsvc.management.checks import check_asked
from authsvc.management.people import take_over_all
from authsvc.management.retention import erase_overdue
from authsvc.tenancy.each import in_each_tenant


def erase_what_is_over() -> None:
    """Erase references that were not used for twelve months, or that no consent covers (S10-05)."""
    in_each_tenant(erase_overdue, having="references")


@shared_task(ignore_result=True)
def take_over_amendments() -> None:
    """Change people as the portal asked where they have a face, within seconds (ADR 0465)."""
    in_each_tenant(take_over_all, having="amendments")


@shared_task(ignore_result=True)
def check_logs() -> None:
    """Do the checks of the log that somebody asked for."""
    in_each_tenant(check_asked, having="log checks")


@shared_task(ignore_result=True)
def expire_approvals() -> None:
    """End requests for a second administrator's agreement that nobody decided in time (S9.4-02)."""
    in_each_tenant(expire, having="approvals")
