"""What a face sign-in writes: PostgreSQL's write-ahead log, and what stays in its tables.

After a checkpoint the first change of a page writes all of it: some sign-ins come before, and how many whole
pages were written all the same stands beside. The log is that of the whole server, on which nothing else
works, with what the product writes by itself meanwhile. Without PostgreSQL nothing is measured.
"""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import psycopg

from authsvc.limits.register import unlimited
from benchmarks.figures import Figure
from devtools.phone.authenticator import Authenticator
from devtools.phone.phone import Denied, Person, SoftwarePhone
from devtools.rendering import photographs
from devtools.stack.stack import Stack, running

SIGN_INS: Final = int(os.environ.get("SIGN_INS", "200"))
BEFORE: Final = 10
PHOTOS: Final = Path(__file__).resolve().parent.parent / "build" / "photos" / "obama"


def measure() -> Iterable[Figure]:
    """Yield the log and the growth of a sign-in, in kB, as means."""
    server = os.environ.get("VISOR_TEST_DATABASE_URL")
    if server is None:
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), VISOR_LIMITS=unlimited()) as stack,
        _connected(server, stack) as ours,
    ):
        passkeys = Authenticator()
        enrolling = Person(photographs.read(PHOTOS / "01.jpg"), authenticator=passkeys)
        SoftwarePhone(enrolling).enrol(stack.new_link("Measured"))
        person = Person(photographs.read(PHOTOS / "03.jpg"), authenticator=passkeys)
        _sign_ins(person, stack.partner_url, BEFORE)
        before = _written(ours)
        done = _sign_ins(person, stack.partner_url, SIGN_INS)
        after = _written(ours)
        log, pages, size = (now - then for now, then in zip(after, before, strict=True))
    yield Figure(f"WAL of a face sign-in, mean of {done}", log / done / 1000, "kB", "≤ 150")
    yield Figure("whole pages in it", pages / done, "pages")
    yield Figure("what a face sign-in leaves, its audit events too", size / done / 1000, "kB")


def _sign_ins(person: Person, partner: str, count: int) -> int:
    """Sign in until it went through so often, and return the number; refused ones are in the mean too."""
    done = refused = 0
    while done < count:
        try:
            SoftwarePhone(person, tries=1).sign_in(f"{partner}/members")
            done += 1
        except Denied as denied:
            print(f"  one sign-in was refused: {denied}")
            refused += 1
            if refused > max(2, count // 10):
                raise RuntimeError("too many were refused for a mean of sign-ins") from denied
    return done


def _connected(server: str, stack: Stack) -> psycopg.Connection:
    """Connect to the product's database as who made it."""
    name = stack.env["VISOR_DATABASE_URL"].rpartition("/")[2]
    return psycopg.connect(f"{server.rpartition('/')[0]}/{name}", autocommit=True)


def _written(connection: psycopg.Connection) -> tuple[int, int, int]:
    """Return the bytes and whole pages of log that the server wrote, and the bytes of logged tables."""
    row = connection.execute(
        "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint, (SELECT wal_fpi FROM pg_stat_wal), "
        "(SELECT sum(pg_total_relation_size(oid)) FROM pg_class "
        "WHERE relkind = 'r' AND relpersistence = 'p')::bigint"
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]
