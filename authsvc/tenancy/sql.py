"""The statements about tenants that the ORM cannot write; every one of this package stands here."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

# Ordinary tables of the application's schema. Names come from the code and the catalogue, never from people.
_OURS: Final = "relkind = 'r' AND relnamespace = current_schema::text::regnamespace"


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


def insert_values(table: str, columns: str, count: int, values: Sequence[Any]) -> None:
    """Insert `count` rows by one statement; `columns` are quoted, `values` all of theirs in turn."""
    # Names come from the model, values are parameters.
    place = f"({', '.join(['%s'] * (len(values) // count))})"
    places = ", ".join([place] * count)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {connection.ops.quote_name(table)} ({columns}) VALUES {places}",
            values,
        )


def set_scope(database: BaseDatabaseWrapper, value: str) -> None:
    """Tell PostgreSQL whose rows the statements to come are about."""
    # Not by a cursor of Django's, whose wrapper would come back to its caller.
    with database.wrap_database_errors:
        database.connection.execute("SELECT set_config('visor.tenant', %s, false)", [value])


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
    schema = database.ops.quote_name(_rows(database, "SELECT current_schema")[0][0])
    # Asked tenant by tenant, by the index of each table's tenants: a table may hold millions of rows.
    parts = " UNION ".join(
        f"SELECT t.id FROM tenancy_tenant t WHERE work = '{kind}' AND EXISTS (SELECT 1 FROM"
        f" {database.ops.quote_name(table)} r WHERE r.tenant_id = t.id AND ({rule}))"
        for kind, tables in kinds.items()
        for table, rule in tables.items()
    )
    # The scope is told inside: only a superuser may bind a setting of one's own to a function.
    known = ", ".join(f"'{kind}'" for kind in kinds)
    body = f"""DECLARE before text := coalesce(current_setting('visor.tenant', true), '');
        BEGIN
            IF work NOT IN ({known}) THEN
                RAISE EXCEPTION 'nothing is known of this work; run manage.py migrate';
            END IF;
            PERFORM set_config('visor.tenant', '{every_tenant}', false);
            RETURN QUERY {parts};
            PERFORM set_config('visor.tenant', before, false);
        END"""
    how = f"LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp"
    _run(database, f"CREATE OR REPLACE FUNCTION {name}(work text) RETURNS SETOF uuid {how} AS $${body}$$")
    _run(database, f"REVOKE ALL ON FUNCTION {name}(text) FROM PUBLIC")
    _run(database, f"GRANT EXECUTE ON FUNCTION {name}(text) TO {to}")


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


def _rows(database: BaseDatabaseWrapper, query: str, *values: Any) -> list[Any]:
    with database.cursor() as cursor:
        cursor.execute(query, values or None)
        found: list[Any] = cursor.fetchall()
        return found


def _run(database: BaseDatabaseWrapper, statement: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(statement)
