"""A process that writes events, or takes them into the log, for some seconds; it prints what it did as JSON.

`write SECONDS BEGIN TENANT,… PACE`: one event a commit, tenant after tenant, from the time BEGIN on.
`sequence SECONDS BEGIN TENANT,…`: rounds as scheduled work does them.
`verify TENANT`: the log from its leaves alone, and with its rows.
"""

import json
import sys
import time
from itertools import cycle
from uuid import UUID

import django

django.setup()

from django.db import connection  # noqa: E402

from authsvc.audit.models import Position  # noqa: E402
from authsvc.audit.sequencing import AT_ONCE, sequence  # noqa: E402
from authsvc.audit.services import record  # noqa: E402
from authsvc.audit.tags import Tag  # noqa: E402
from authsvc.audit.verification import verify_log  # noqa: E402
from authsvc.core.ids import new_id  # noqa: E402
from authsvc.tenancy.scope import tenant_scope  # noqa: E402
from config.celery import SEQUENCED_EVERY  # noqa: E402

# How long ago the event was written that stands at a place of a log: one row, so that asking delays no round.
_AGE = """SELECT extract(epoch FROM clock_timestamp() - e.at) FROM audit_position p
    JOIN audit_auditevent e ON e.id = p.event WHERE p.tenant_id = %s AND p.position = %s"""


def write(seconds: float, begin: float, tenants: list[UUID], pace: float) -> dict[str, float]:
    """Write events as an exchange of a code does: `pace` a second, as many as there can be where it is 0."""
    connection.ensure_connection()
    time.sleep(max(0.0, begin - time.time()))
    until, written = time.time() + seconds, 0
    for tenant in cycle(tenants):
        if pace:
            time.sleep(max(0.0, begin + written / pace - time.time()))
        if time.time() >= until:
            break
        with tenant_scope(tenant):
            record(
                Tag.TOKEN_ISSUED,
                transaction=new_id(),
                client="a-relying-party",
                subject=new_id(),
                grant=new_id(),
                kinds=["access", "id", "refresh"],
            )
        written += 1
    return {"written": written}


def take_in(seconds: float, begin: float, tenants: list[UUID]) -> dict[str, float]:
    """Take events in until nothing waits, and say how many and how old the oldest of them came to be.

    The oldest of a round is its first: a round takes events by their numbers.
    """
    connection.ensure_connection()
    sizes = {tenant: _size(tenant) for tenant in tenants}
    time.sleep(max(0.0, begin - time.time()))
    until, taken, oldest, more = time.time() + seconds, 0, 0.0, True
    while time.time() < until or more:
        turn, more, full = time.time(), False, False
        for tenant in tenants:
            with tenant_scope(tenant):
                found = sequence()
                if found:
                    oldest = max(oldest, _age(tenant, sizes[tenant]))
            sizes[tenant] += found
            taken, more, full = taken + found, more or found > 0, full or found >= AT_ONCE
        if not full:
            time.sleep(max(0.0, turn + SEQUENCED_EVERY - time.time()))
    return {"taken": taken, "oldest": oldest}


def _size(tenant: UUID) -> int:
    with tenant_scope(tenant):
        return Position.objects.count()


def _age(tenant: UUID, position: int) -> float:
    with connection.cursor() as cursor:
        cursor.execute(_AGE, [tenant, position])
        return float(cursor.fetchone()[0])


def verify(tenant: UUID) -> dict[str, float]:
    """Check a log in both ways, and say how fast."""
    said = {}
    with tenant_scope(tenant):
        for name, rows in (("leaves", False), ("rows", True)):
            began = time.perf_counter()
            found = verify_log(rows=rows)
            if found.finding is not None:
                raise RuntimeError(str(found.finding))
            said[name] = found.events / (time.perf_counter() - began)
    return said


def main() -> None:
    """Do what the arguments say."""
    what, *rest = sys.argv[1:]
    if what == "verify":
        said = verify(UUID(rest[0]))
    else:
        seconds, begin, tenants = float(rest[0]), float(rest[1]), [UUID(each) for each in rest[2].split(",")]
        said = (
            write(seconds, begin, tenants, float(rest[3]))
            if what == "write"
            else take_in(seconds, begin, tenants)
        )
    print(json.dumps(said))


if __name__ == "__main__":
    main()
