"""What the sweeper deletes by the register of retention, asked for in a test."""

from datetime import timedelta

from django.db import connection

from authsvc.core.clock import now
from authsvc.tenancy.open_work import SCHEDULED
from authsvc.tenancy.sql import leave_role, take_role
from authsvc.tenancy.sweeping import erase_over
from config import retention


def erased(later: timedelta = timedelta(0)) -> dict[str, int]:
    """Let so much time pass, sweep as its role may, and return how many rows of each kind went."""
    retention.load()
    if connection.vendor != "postgresql":
        return erase_over(now() + later)
    take_role(connection, SCHEDULED)
    try:
        return erase_over(now() + later)
    finally:
        leave_role(connection)
