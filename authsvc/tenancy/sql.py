"""The statements about tenants that the ORM cannot write; every one of this package stands here."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from authsvc.core.retention import Swept

# Ordinary tables of the application's schema. Names come from the code and the catalogue, never from people.
_OURS: Final = "relkind = 'r' AND relnamespace = current_schema::text::regnamespace"

# So many rows of a kind are looked at for whose they are; what is left over comes with the next look.
_LOOKED_AT: Final = 10_000


class Policy(NamedTuple):
    """A policy of row-level security: its name, SELECT or ALL, and the roles that it speaks of."""

    name: str
    verb: str
    roles: frozenset[str]


class Right(NamedTuple):
    """What a role may do with a table, or with one column of it alone."""

    table: str
    role: str
    verb: str
    column: str = ""


class Insertion(NamedTuple):
    """So many rows of a table: their columns, quoted, and all of their values in turn."""

    table: str
    columns: str
    rows: int
    values: list[Any]

    def statements(self, *, upon: bool) -> list[str]:
        """Return the statement that inserts them; where it is `upon` a change, one for each."""
        if not upon:
            return [_insertion(self.table, self.columns, self.rows, len(self.values))]
        # Apart, as PostgreSQL takes the values of several rows for texts before it knows their columns.
        return [_insertion_upon(self.table, self.columns, len(self.values) // self.rows)] * self.rows


class Once(NamedTuple):
    """A change of one row that can be made once: an UPDATE ... RETURNING, which afterwards finds none."""

    statement: str
    values: list[Any]


class Change(NamedTuple):
    """An UPDATE of one row, its condition last, that may as well find none."""

    statement: str
    values: list[Any]


def insert_values(parts: Sequence[Insertion], upon: Once | None = None, along: Sequence[Change] = ()) -> bool:
    """Insert rows of several tables and make the change before, all or nothing, and tell whether.

    By one statement where the database knows how. False where the change `upon` finds no row: nothing is
    inserted, and nothing changed `along`.
    """
    if connection.vendor != "postgresql":
        return _insert_in_turn(parts, upon, along)
    *first, last = [each for part in parts for each in part.statements(upon=upon is not None)]
    values = [value for part in parts for value in part.values]
    before = [f"part_{number} AS ({each})" for number, each in enumerate(first)]
    only = " AND EXISTS (SELECT 1 FROM upon)" if upon is not None else ""
    for number, change in enumerate(along):
        before, values = [f"along_{number} AS ({change.statement}{only})", *before], [*change.values, *values]
    if upon is not None:
        before, values = [f"upon AS ({upon.statement})", *before], [*upon.values, *values]
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(before)} {last}" if before else last, values)
        return bool(cursor.rowcount)


def make_change(change: Change) -> None:
    """Make one change to a row that was read and locked."""
    with connection.cursor() as cursor:
        cursor.execute(change.statement, change.values)


def _insert_in_turn(parts: Sequence[Insertion], upon: Once | None, along: Sequence[Change]) -> bool:
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        if upon is not None:
            cursor.execute(upon.statement, upon.values)
            if cursor.fetchone() is None:
                return False
        for change in along:
            cursor.execute(change.statement, change.values)
        for part in parts:
            for statement in part.statements(upon=False):
                cursor.execute(statement, part.values)
    return True


@cache
def _insertion(table: str, columns: str, rows: int, values: int) -> str:
    # Names come from the model, values are parameters.
    place = f"({', '.join(['%s'] * (values // rows))})"
    places = ", ".join([place] * rows)
    return f"INSERT INTO {connection.ops.quote_name(table)} ({columns}) VALUES {places}"


@cache
def _insertion_upon(table: str, columns: str, values: int) -> str:
    places = ", ".join(["%s"] * values)
    return f"INSERT INTO {connection.ops.quote_name(table)} ({columns}) SELECT {places} FROM upon"


def set_scope(database: BaseDatabaseWrapper, value: str) -> None:
    """Tell PostgreSQL whose rows the statements to come are about."""
    # Not by a cursor of Django's, whose wrapper would come back to its caller.
    with database.wrap_database_errors:
        database.connection.execute("SELECT set_config('visor.tenant', %s, false)", [value])


@contextmanager
def reading_alone() -> Iterator[None]:
    """Run the block in a transaction in which PostgreSQL refuses every write, and that ends with a rollback.

    On SQLite the connection refuses them.
    """
    sqlite = connection.vendor == "sqlite"
    with transaction.atomic():
        _run(connection, "PRAGMA query_only = on" if sqlite else "SET LOCAL transaction_read_only = on")
        try:
            yield
        finally:
            # What was set goes with the rollback, which within another block is one to its savepoint.
            transaction.set_rollback(True)
            if sqlite:
                # Not by a cursor of Django's, which takes no statement once one has failed.
                connection.connection.execute("PRAGMA query_only = off")


def take_role(database: BaseDatabaseWrapper, role: str) -> None:
    """Be one of the roles that the connection's user is a member of; not by a cursor, as above."""
    with database.wrap_database_errors:
        database.connection.execute(f"SET ROLE {role}")


def leave_role(database: BaseDatabaseWrapper) -> None:
    """Be the connection's user again."""
    with database.wrap_database_errors:
        database.connection.execute("RESET ROLE")


def tables_of(database: BaseDatabaseWrapper) -> set[str]:
    """Return the tables of the schema that the application's are in."""
    return {row[0] for row in _rows(database, f"SELECT relname FROM pg_class WHERE {_OURS}")}


def columns_of(database: BaseDatabaseWrapper) -> set[tuple[str, str]]:
    """Return table and name of every column of those tables."""
    query = f"""SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        AND a.attnum > 0 AND NOT a.attisdropped WHERE {_OURS}"""
    return {(table, column) for table, column in _rows(database, query)}


def forced_tables(database: BaseDatabaseWrapper) -> set[str]:
    """Return the tables whose row-level security holds for their owner too."""
    found = _rows(database, f"SELECT relname FROM pg_class WHERE {_OURS} AND relforcerowsecurity")
    return {row[0] for row in found}


def policies_of(database: BaseDatabaseWrapper) -> dict[str, set[Policy]]:
    """Return the policies of each table."""
    found: dict[str, set[Policy]] = {}
    query = (
        "SELECT tablename, policyname, cmd, roles::text[] FROM pg_policies WHERE schemaname = current_schema"
    )
    for table, name, verb, roles in _rows(database, query):
        found.setdefault(table, set()).add(Policy(name, verb, frozenset(roles)))
    return found


def force_security(database: BaseDatabaseWrapper, table: str) -> None:
    """Let policies hold for everybody who uses a table, its owner too."""
    name = database.ops.quote_name(table)
    _run(database, f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    _run(database, f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")


def tables_told_of_tenants(database: BaseDatabaseWrapper) -> set[str]:
    """Return the tables of which PostgreSQL counts how the policies' expression is distributed."""
    query = """SELECT c.relname FROM pg_statistic_ext s JOIN pg_class c ON c.oid = s.stxrelid
        WHERE s.stxname = c.relname || '_tenants'"""
    return {table for (table,) in _rows(database, query)}


def tell_of_tenants(database: BaseDatabaseWrapper, table: str) -> None:
    """Let PostgreSQL count how the expression that the policies compare is distributed in a table.

    Without, it takes a tenant to have one row in two hundred, and plans for that.
    """
    name = database.ops.quote_name(f"{table}_tenants")
    _run(database, f"CREATE STATISTICS {name} ON (tenant_id::text) FROM {database.ops.quote_name(table)}")


def drop_policy(database: BaseDatabaseWrapper, table: str, policy: Policy) -> None:
    """Take a policy from a table."""
    _run(database, f"DROP POLICY {policy.name} ON {database.ops.quote_name(table)}")


def create_policy(database: BaseDatabaseWrapper, table: str, policy: Policy, rule: str) -> None:
    """Let the policy's roles see, and where it is for ALL write, the rows that the rule holds for."""
    roles = ", ".join(sorted(policy.roles))
    where = f"ON {database.ops.quote_name(table)} FOR {policy.verb} TO {roles}"
    _run(database, f"CREATE POLICY {policy.name} {where} USING ({rule})")


def roles_of(database: BaseDatabaseWrapper) -> set[str]:
    """Return every role of the server."""
    return {row[0] for row in _rows(database, "SELECT rolname FROM pg_roles")}


def granted(database: BaseDatabaseWrapper, roles: Collection[str]) -> set[Right]:
    """Return what the roles were granted on tables, and on columns alone."""
    named = "a.privilege_type, r.rolname"
    joined = "JOIN pg_roles r ON r.oid = a.grantee AND r.rolname = ANY(%s)"
    tables = f"""SELECT c.relname, {named}, '' FROM pg_class c CROSS JOIN aclexplode(c.relacl) a {joined}
        WHERE {_OURS}"""
    columns = f"""SELECT c.relname, {named}, t.attname FROM pg_class c JOIN pg_attribute t
        ON t.attrelid = c.oid AND NOT t.attisdropped CROSS JOIN aclexplode(t.attacl) a {joined}
        WHERE {_OURS}"""
    found = [*_rows(database, tables, list(roles)), *_rows(database, columns, list(roles))]
    return {Right(table, role, verb, column) for table, verb, role, column in found}


def grant(database: BaseDatabaseWrapper, right: Right) -> None:
    """Give a role a right."""
    column = f" ({database.ops.quote_name(right.column)})" if right.column else ""
    table = database.ops.quote_name(right.table)
    _run(database, f"GRANT {right.verb}{column} ON {table} TO {right.role}")


def revoke(database: BaseDatabaseWrapper, right: Right) -> None:
    """Take a right from a role."""
    column = f" ({database.ops.quote_name(right.column)})" if right.column else ""
    table = database.ops.quote_name(right.table)
    _run(database, f"REVOKE {right.verb}{column} ON {table} FROM {right.role}")


def sequences_closed_to(database: BaseDatabaseWrapper, role: str) -> list[str]:
    """Return the sequences of the schema that a role cannot read."""
    query = """SELECT c.relname FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
        WHERE c.relnamespace = current_schema::text::regnamespace
        AND NOT has_sequence_privilege(%s, s.seqrelid, 'SELECT') ORDER BY 1"""
    return [row[0] for row in _rows(database, query, role)]


def open_sequence(database: BaseDatabaseWrapper, sequence: str, role: str) -> None:
    """Let a role read how far a sequence is."""
    _run(database, f"GRANT SELECT ON SEQUENCE {database.ops.quote_name(sequence)} TO {role}")


def tell_of_open_work(
    database: BaseDatabaseWrapper,
    name: str,
    kinds: Mapping[Any, Mapping[str, str]],
    *,
    to: str,
    every_tenant: str,
) -> None:
    """Make the function that names the tenants with rows of a kind: it sees all tenants, and tells ids alone.

    It runs as the tables' owner; the role `to` may call it, and nobody else. Asked for another kind it
    raises: a release whose database was not migrated says so, and leaves no work undone in silence.
    """
    # Asked tenant by tenant, by the index of each table's tenants: a table may hold millions of rows.
    parts = " UNION ".join(
        f"SELECT t.id FROM tenancy_tenant t WHERE work = '{kind}' AND EXISTS (SELECT 1 FROM"
        f" {database.ops.quote_name(table)} r WHERE r.tenant_id = t.id AND ({rule}))"
        for kind, tables in kinds.items()
        for table, rule in tables.items()
    )
    known = ", ".join(f"'{kind}'" for kind in kinds)
    first = f"""IF work NOT IN ({known}) THEN
                RAISE EXCEPTION 'nothing is known of this work; run manage.py migrate';
            END IF;"""
    told = _Function(name, "work text", "SETOF uuid", first=first)
    _tell(database, told, parts, to=to, every_tenant=every_tenant)


def tell_of_what_is_due(
    database: BaseDatabaseWrapper,
    name: str,
    kinds: Mapping[Any, tuple[str, Sequence[str]]],
    *,
    to: str,
    every_tenant: str,
) -> None:
    """Make a function that names kinds of rows whose time is over at a `moment`, each with a tenant.

    A kind is a table and conditions, each of which an index answers; what is over of one kind is looked at up
    to a bound. Otherwise as the function above.
    """
    parts = " UNION ".join(
        f"SELECT {_quoted(kind)}, found.tenant_id FROM"
        f" (SELECT r.tenant_id FROM {database.ops.quote_name(table)} r WHERE {rule} LIMIT {_LOOKED_AT}) found"
        for kind, (table, rules) in kinds.items()
        for rule in rules
    )
    told = _Function(name, "moment timestamptz", "TABLE (kind text, whose uuid)")
    _tell(database, told, parts, to=to, every_tenant=every_tenant)


def tell_whose_turn_it_is(
    database: BaseDatabaseWrapper, name: str, *, begun_anew: timedelta, to: str, every_tenant: str
) -> None:
    """Make the function by which a worker hears which sample of each tenant it is to judge next.

    People take turns: nobody's second sample comes before somebody's first, also while that is judged. One
    that was begun so long ago is judged anew.
    """
    begun = f"w.begun_at <= moment - interval '{int(begun_anew.total_seconds())} seconds'"
    query = f"""SELECT DISTINCT ON (w.tenant_id) w.tenant_id, w.id::text FROM (
            SELECT c.tenant_id, c.id, c.submitted_at, c.begun_at,
                row_number() OVER (PARTITION BY c.tenant_id, t.subject_id ORDER BY c.submitted_at) AS place
            FROM transactions_capture c JOIN transactions_transaction t ON t.id = c.transaction_id
            WHERE c.state = 'submitted' AND c.deadline > moment AND split_part(c.judge, '.', 1) = worker
        ) w WHERE w.begun_at IS NULL OR {begun} ORDER BY w.tenant_id, w.place, w.submitted_at"""
    told = _Function(name, "worker text, moment timestamptz", "TABLE (whose uuid, which text)")
    _tell(database, told, query, to=to, every_tenant=every_tenant)


def tell_what_waits(
    database: BaseDatabaseWrapper, name: str, kinds: Mapping[str, str], *, to: str, every_tenant: str
) -> None:
    """Make a function that counts what waits, of all tenants together; the rest as above.

    A kind is a query of a number and of the oldest moment.
    """
    query = " UNION ALL ".join(
        f"SELECT {_quoted(kind)}, w.* FROM ({query}) w" for kind, query in kinds.items()
    )
    takes = "moment timestamptz, since timestamptz, rotated timestamptz"
    told = _Function(name, takes, "TABLE (kind text, waiting bigint, oldest timestamptz)")
    _tell(database, told, query, to=to, every_tenant=every_tenant)


def what_waits(
    database: BaseDatabaseWrapper, name: str, kinds: Mapping[str, str], moments: Mapping[str, datetime]
) -> dict[str, tuple[int, datetime | None]]:
    """Return what the function above counts; on SQLite, which guards no rows, by its queries themselves."""
    if database.vendor == "postgresql":
        found = _rows(database, f"SELECT * FROM {name}(%s, %s, %s)", *moments.values())
        return {kind: (waiting, oldest) for kind, waiting, oldest in found}
    return {kind: _waiting_here(database, query, moments) for kind, query in kinds.items()}


def _waiting_here(
    database: BaseDatabaseWrapper, query: str, moments: Mapping[str, datetime]
) -> tuple[int, datetime | None]:
    named = re.compile(rf"\b({'|'.join(moments)})\b")
    values = [database.ops.adapt_datetimefield_value(moments[name]) for name in named.findall(query)]
    [(waiting, oldest)] = _rows(database, named.sub("%s", query), *values)
    return waiting, datetime.fromisoformat(oldest).replace(tzinfo=UTC) if oldest else None


class _Function(NamedTuple):
    """A function of the database: its name, what it takes and tells, and what it does `first`."""

    name: str
    takes: str
    tells: str
    first: str = ""


def _tell(
    database: BaseDatabaseWrapper, function: _Function, query: str, *, to: str, every_tenant: str
) -> None:
    """Make a function that answers a query with the eyes of the tables' owner, for these roles alone."""
    # The scope is told inside: only a superuser may bind a setting of one's own to a function.
    body = f"""DECLARE before text := coalesce(current_setting('visor.tenant', true), '');
        BEGIN
            {function.first}
            PERFORM set_config('visor.tenant', '{every_tenant}', false);
            RETURN QUERY {query};
            PERFORM set_config('visor.tenant', before, false);
        END"""
    schema = database.ops.quote_name(_rows(database, "SELECT current_schema")[0][0])
    how = f"LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp"
    called = f"{function.name}({function.takes})"
    _run(database, f"CREATE OR REPLACE FUNCTION {called} RETURNS {function.tells} {how} AS $${body}$$")
    _run(database, f"REVOKE ALL ON FUNCTION {called} FROM PUBLIC")
    _run(database, f"GRANT EXECUTE ON FUNCTION {called} TO {to}")


def next_samples(
    database: BaseDatabaseWrapper, name: str, worker: str, moment: datetime
) -> list[tuple[UUID, str]]:
    """Return tenants and captures as the function above names them."""
    found = _rows(database, f"SELECT * FROM {name}(%s, %s)", worker, moment)
    return [(tenant, capture) for tenant, capture in found]


def what_is_due(database: BaseDatabaseWrapper, name: str, moment: datetime) -> list[tuple[str, UUID]]:
    """Return kinds and tenants as the function above names them."""
    return [(kind, tenant) for kind, tenant in _rows(database, f"SELECT * FROM {name}(%s)", moment)]


def delete_over(
    database: BaseDatabaseWrapper, row: Swept, tenant: UUID | None, moment: datetime, *, most: int
) -> int:
    """Delete up to `most` rows that a row of the register says are over, of a tenant; return how many.

    What the register says goes with them goes first. Call it in a transaction.
    """
    quote, ops = database.ops.quote_name, database.ops
    since = quote(row.since)
    rules: list[str] = [f"{since} <= %s"]
    values: list[Any] = [ops.adapt_datetimefield_value(moment - row.after)]
    if row.ahead is not None:
        rules = [f"({since} <= %s OR {since} > %s)"]
        values.append(ops.adapt_datetimefield_value(moment + row.ahead))
    if row.only:
        rules.append(f"({row.only})")
    if tenant is not None:
        rules.append("tenant_id = %s")
        values.append(tenant if database.vendor == "postgresql" else tenant.hex)
    query = f"SELECT {quote(row.key)} FROM {quote(row.table)} WHERE {' AND '.join(rules)} LIMIT {most}"
    keys = [found[0] for found in _rows(database, query, *values)]
    if not keys:
        return 0
    places = ", ".join(["%s"] * len(keys))
    for table, column in row.takes.items():
        _run(database, f"DELETE FROM {quote(table)} WHERE {quote(column)} IN ({places})", *keys)
    for table, column in row.leaves.items():
        column = quote(column)
        _run(database, f"UPDATE {quote(table)} SET {column} = NULL WHERE {column} IN ({places})", *keys)
    return _run(database, f"DELETE FROM {quote(row.table)} WHERE {quote(row.key)} IN ({places})", *keys)


def tenants_with(database: BaseDatabaseWrapper, name: str, work: str) -> list[UUID]:
    """Return the ids of the tenants that the function above names."""
    return [row[0] for row in _rows(database, f"SELECT {name}(%s)", work)]


def may_make_roles(database: BaseDatabaseWrapper) -> bool:
    """Tell whether the connection's user can make roles."""
    query = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    return bool(_rows(database, query)[0][0])


def make_role(database: BaseDatabaseWrapper, role: str) -> None:
    """Make a role that can log in, and take from one that is there what goes around its grants."""
    if role not in roles_of(database):
        _run(database, f"CREATE ROLE {role}")
    _run(database, f"ALTER ROLE {role} LOGIN NOINHERIT")
    wide = "rolname = %s AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication)"
    if _rows(database, f"SELECT 1 FROM pg_roles WHERE {wide}", role):
        _run(database, f"ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION")


def set_password(database: BaseDatabaseWrapper, role: str, password: str) -> None:
    """Give a role a password; the server, and its log, get what checks it and not itself."""
    encrypt = database.connection.pgconn.encrypt_password
    verifier = encrypt(password.encode(), role.encode(), b"scram-sha-256").decode()
    _run(database, f"ALTER ROLE {role} PASSWORD '{verifier}'")


def add_member(database: BaseDatabaseWrapper, member: str, *, of: Collection[str]) -> None:
    """Let a role act as others."""
    _run(database, f"GRANT {', '.join(of)} TO {database.ops.quote_name(member)}")


def open_schema(database: BaseDatabaseWrapper, owner: str) -> None:
    """Let the owner of the tables make them, and nobody else make anything in this database."""
    name = database.ops.quote_name(_rows(database, "SELECT current_database()")[0][0])
    schema = database.ops.quote_name(_rows(database, "SELECT current_schema")[0][0])
    _run(database, f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC")
    _run(database, f"REVOKE CREATE, TEMPORARY ON DATABASE {name} FROM PUBLIC")
    _run(database, f"GRANT USAGE ON SCHEMA {schema} TO PUBLIC")
    _run(database, f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {owner}")


def take_over(database: BaseDatabaseWrapper, owner: str) -> list[str]:
    """Give every table and function of the schema to one owner; return who had some, but no superuser."""
    tables = """SELECT format('ALTER TABLE %%s OWNER TO', oid::regclass), relowner FROM pg_class
        WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace = current_schema::text::regnamespace"""
    functions = """SELECT format('ALTER FUNCTION %%s OWNER TO', oid::regprocedure), proowner FROM pg_proc
        WHERE prokind = 'f' AND pronamespace = current_schema::text::regnamespace
        AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"""
    query = f"""SELECT statement, r.rolname, r.rolsuper FROM ({tables} UNION ALL {functions})
        AS found (statement, owner) JOIN pg_roles r ON r.oid = found.owner WHERE r.rolname <> %s"""
    found = _rows(database, query, owner)
    for statement, _owner, _is_super in found:
        _run(database, f"{statement} {owner}")
    return sorted({before for _statement, before, is_super in found if not is_super})


class Standing(NamedTuple):
    """Who this process is in the database, and what goes around its grants there."""

    user: str
    is_super: bool
    bypasses_policies: bool
    owns_tables: bool
    is_pooled: bool


def standing(database: BaseDatabaseWrapper) -> Standing:
    """Return what the connection's user is, and whether a pooler stands between.

    A pooler answers for the server when a client connects, by a process number of its own making; the server
    itself, asked by a statement, says another one.
    """
    query = f"""SELECT rolname, rolsuper, rolbypassrls, EXISTS (SELECT 1 FROM pg_class WHERE {_OURS}
        AND pg_has_role(relowner, 'USAGE')), pg_backend_pid() FROM pg_roles WHERE rolname = current_user"""
    user, is_super, bypasses, owns, process = _rows(database, query)[0]
    return Standing(user, is_super, bypasses, owns, process != database.connection.info.backend_pid)


def _quoted(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'::text"


def _rows(database: BaseDatabaseWrapper, query: str, *values: Any) -> list[Any]:
    with database.cursor() as cursor:
        cursor.execute(query, values or None)
        found: list[Any] = cursor.fetchall()
        return found


def _run(database: BaseDatabaseWrapper, statement: str, *values: Any) -> int:
    with database.cursor() as cursor:
        cursor.execute(statement, values or None)
        return int(cursor.rowcount)
