"""Filling tables without their indexes and keys, which are made anew once the rows are there.

An index over all rows is sorted once, where row by row each is a search; so are foreign keys asked at once.
They come back by the words in which PostgreSQL itself has them, so that the schema is the same afterwards.
Indexes of rows with one of some values stay: of PostgreSQL's words for that it makes another expression.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from django.db import connection, transaction

from devtools.estate.copying import answers, run

_OURS: Final = "c.relname = ANY(%s) AND c.relnamespace = current_schema::regnamespace"
# Primary keys stay: tables that are left as they are refer to them.
_KEYS: Final = f"""
    SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE {_OURS} AND k.contype IN ('f', 'u') ORDER BY k.contype, k.conname"""  # noqa: S608
_INDEXES: Final = f"""
    SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE {_OURS} AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
        AND pg_get_indexdef(i.indexrelid) NOT LIKE '%%= ANY (%%'
    ORDER BY 1"""  # noqa: S608


@contextmanager
def bare(tables: Sequence[str]) -> Iterator[None]:
    """Take the indexes and keys off tables while the block fills them; all of it is one transaction."""
    quoted = connection.ops.quote_name
    with transaction.atomic():
        # Keys are looked at now, and not at the end: a table with a look to come cannot be altered.
        connection.check_constraints()
        keys, indexes = answers(_KEYS, list(tables)), answers(_INDEXES, list(tables))
        run([f"ALTER TABLE {quoted(table)} DROP CONSTRAINT {quoted(name)}" for table, name, _ in keys])
        run([f"DROP INDEX {name}" for name, _ in indexes])
        yield
        run(["SET LOCAL maintenance_work_mem = '1GB'", *(made for _, made in indexes)])
        # Foreign keys last: what they ask is quick by the others.
        run(
            f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {quoted(name)} {said}"
            for table, name, said in reversed(keys)
        )
