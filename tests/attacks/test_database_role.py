"""T02: with the database credential of one process, nobody has the power of another one.

Each attack is tried as that role, over a connection of its own, on rows of two organisations.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg.errors import InsufficientPrivilege

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.tenancy.grants import BACKUP, GRANTS, MIGRATOR, PROCESSES
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.rls import tenant_tables
from authsvc.tenancy.scope import tenant_scope
from devtools.stack.services import postgres_binary
from tests.factories import make_subject, make_tenant
from tests.tenancy.as_roles import connect_as

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.needs("postgresql"),
    pytest.mark.requirement("S8.3-01", "S6.1-01"),
]
Opened = "psycopg.Connection[Any]"


@pytest.fixture
def ours() -> Tenant:
    return _filled("ours")


@pytest.fixture(autouse=True)
def theirs() -> Tenant:
    return _filled("theirs")


def _filled(slug: str) -> Tenant:
    tenant = make_tenant(slug)
    with tenant_scope(tenant.id):
        make_subject(name=f"Person of {slug}")
        record(Tag.TENANT_CREATED, actor="a test", kind="sandbox")
    return tenant


@pytest.fixture
def as_role() -> Iterator[Callable[..., Any]]:
    """Connect as roles; what is opened is closed in the end."""
    opened: list[Any] = []

    def connect(role: str, tenant: Tenant | str = "") -> Any:
        opened.append(connect_as(f"visor_{role}", tenant))
        return opened[-1]

    yield connect
    for each in opened:
        each.close()


def rows(opened: Any, query: str) -> list[Any]:
    found: list[Any] = opened.execute(query).fetchall()
    return found


def readable(role: str) -> list[str]:
    """The tables with a tenant of which a role may read something."""
    words = {
        table: " ".join(given for roles, given in GRANTS[table].items() if role in roles.split())
        for table in tenant_tables()
    }
    return sorted(table for table, given in words.items() if "SELECT" in given)


@pytest.mark.requirement("S8.3-02")
@pytest.mark.parametrize("role", ["web", "provider", "worker", "portal"])
@pytest.mark.parametrize("scope", ["*", "", "%", "every"])
def test_t02_no_process_has_a_scope_of_every_tenant(
    role: str, scope: str, ours: Tenant, as_role: Callable[..., Any]
) -> None:
    opened = as_role(role, scope)
    seen = {table: rows(opened, f"SELECT count(tenant_id) FROM {table}") for table in readable(role)}  # noqa: S608
    assert all(found == [(0,)] for found in seen.values()), seen
    assert len(seen) > 5
    inside = as_role(role, ours)
    assert rows(inside, "SELECT name FROM subjects_subject") == [("Person of ours",)]
    with pytest.raises(psycopg.Error, match=r"row-level security|permission denied"):
        opened.execute(
            "INSERT INTO audit_auditevent (tenant_id, at, tag, actor, transaction, client, subject, reason, "
            "details, sequence, previous, digest) "
            "VALUES (%s, now(), '', '', '', '', '', '', '{}', 0, '', '')",
            [make_tenant().id],
        )


WRITES = [
    ("worker", "INSERT INTO oidc_session (id) VALUES ('1')", "a session is made by web alone"),
    ("portal", "INSERT INTO oidc_session (id) VALUES ('1')", "nor does the portal make one"),
    ("provider", "INSERT INTO oidc_session (id) VALUES ('1')", "nor scheduled work"),
    ("portal", "UPDATE oidc_session SET digest = 'mine'", "a session stays its browser's"),
    ("worker", "UPDATE oidc_session SET subject_id = NULL", "and its person's"),
    ("web", "UPDATE oidc_session SET subject_id = NULL", "even for web"),
    ("worker", "INSERT INTO oidc_grant (id) VALUES ('1')", "a grant is given by web"),
    ("portal", "INSERT INTO oidc_grant (id) VALUES ('1')", "and not by administrators"),
    ("worker", "INSERT INTO oidc_token (digest) VALUES ('1')", "so is a token"),
    ("portal", "INSERT INTO oidc_token (digest) VALUES ('1')", "of nobody else"),
    ("provider", "UPDATE oidc_token SET revoked_at = NULL", "and none comes back"),
    ("web", "UPDATE accounts_membership SET role = 'owner'", "owners are made in the portal"),
    ("web", "UPDATE accounts_membership SET seal = NULL", "nor is a membership's seal web's"),
    ("worker", "INSERT INTO accounts_membership (role) VALUES ('owner')", "nobody becomes one by a worker"),
    ("provider", "UPDATE accounts_membership SET role = 'owner'", "or on a schedule"),
    ("web", "INSERT INTO memberships_invitation (id) VALUES ('1')", "the portal invites"),
    ("web", "SELECT password FROM accounts_user", "passwords are read by the portal alone"),
    ("worker", "SELECT data FROM mfa_authenticator", "so are second factors"),
    ("web", "UPDATE management_approval SET arguments = '{}'", "nor does web ask for anything"),
    ("web", "INSERT INTO management_approval (id) VALUES ('1')", "in anybody's name"),
    ("worker", "UPDATE clients_relyingparty SET redirect_uris = '[]'", "a site's addresses are no worker's"),
    ("provider", "UPDATE clients_relyingparty SET first_party = true", "and wait for no schedule"),
    ("worker", "INSERT INTO clients_clientsecret (digest) VALUES ('1')", "so are its secrets"),
    ("worker", "UPDATE keys_signingkey SET state = 'current'", "keys that sign tokens are no worker's"),
    ("web", "UPDATE keys_workerkey SET public_jwk = '{}'", "samples are sealed to keys of workers"),
    ("portal", "INSERT INTO keys_workerkey (kid) VALUES ('1')", "and to nobody else's"),
    ("web", "UPDATE heartbeats_heartbeat SET seen_at = now()", "who works says so, and nobody for them"),
    ("worker", "INSERT INTO heartbeats_heartbeat (part) VALUES ('log')", "a worker says it with its keys"),
    ("web", "SELECT sealed FROM keys_vaultkey", "vault keys are read by workers"),
    ("portal", "UPDATE transactions_capture SET verdict = 'x'", "verdicts are written by who judges"),
    ("portal", "UPDATE transactions_transaction SET evidence = '{}'", "evidence too"),
    ("web", "SELECT body FROM transactions_sealedsample", "what is sealed to a worker is read by workers"),
    ("portal", "SELECT body FROM transactions_sealedsample", "and by no administrator"),
    ("portal", "SELECT body FROM transactions_outgoing", "nor is what goes down to a phone"),
    ("web", "INSERT INTO transactions_outgoing (capture_id) VALUES ('1')", "which a worker alone leaves"),
    ("web", "INSERT INTO policy_policyversion (number) VALUES (9)", "policies are the portal's"),
    ("worker", "UPDATE subjects_subject SET reference = 'x'", "a face is attached by who finishes"),
    ("web", "INSERT INTO vault_reference (pseudonym) VALUES ('1')", "and made by a worker"),
    ("portal", "UPDATE vault_devicewrap SET wrapped_key = ''", "nobody else wraps its key"),
    ("worker", "INSERT INTO enrolment_enrolmentlink (id) VALUES ('1')", "no worker lets anybody in"),
]


@pytest.mark.parametrize(
    ("role", "statement", "why"), WRITES, ids=[f"{each[0]}-{each[1]}" for each in WRITES]
)
def test_t02_a_role_cannot_do_what_another_one_decides(
    role: str, statement: str, why: str, ours: Tenant, as_role: Callable[..., Any]
) -> None:
    with pytest.raises(InsufficientPrivilege, match="permission denied for table"):
        as_role(role, ours).execute(statement)


@pytest.mark.requirement("S7-02")
@pytest.mark.parametrize("role", ["web", "provider", "worker", "portal", "backup"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditevent SET actor = 'nobody'",
        "DELETE FROM audit_auditevent",
        "TRUNCATE audit_auditevent",
        "DELETE FROM audit_audithead",
        "TRUNCATE audit_audithead",
        "UPDATE audit_segment SET count = 0",
        "DELETE FROM audit_storedcheckpoint",
        "DELETE FROM audit_position",
        "UPDATE audit_storedtile SET root = ''",
        "DELETE FROM audit_log",
        "ALTER TABLE audit_auditevent DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_append_only ON audit_auditevent",
        "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_t02_the_log_is_only_added_to(
    role: str, statement: str, ours: Tenant, as_role: Callable[..., Any]
) -> None:
    with pytest.raises(InsufficientPrivilege):
        as_role(role, ours).execute(statement)


@pytest.mark.parametrize("role", ["web", "provider", "worker", "portal", "backup"])
@pytest.mark.parametrize(
    "statement",
    [
        f"SET ROLE {MIGRATOR}",
        "SET session_replication_role = 'replica'",
        "DROP POLICY visor_tenant ON subjects_subject",
        "ALTER TABLE subjects_subject DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE accounts_user OWNER TO CURRENT_USER",
        "CREATE TABLE mine (id int)",
        "CREATE ROLE mine LOGIN SUPERUSER",
        "COPY subjects_subject TO PROGRAM 'cat'",
    ],
)
def test_t02_no_process_widens_what_it_may_do(role: str, statement: str, as_role: Callable[..., Any]) -> None:
    with pytest.raises(InsufficientPrivilege):
        as_role(role, "*").execute(statement)


def test_t02_no_process_takes_the_role_of_another(as_role: Callable[..., Any]) -> None:
    for role in PROCESSES:
        for other in {*PROCESSES, BACKUP, MIGRATOR} - {role}:
            with pytest.raises(InsufficientPrivilege):
                as_role(role.removeprefix("visor_")).execute(f"SET ROLE {other}")


def test_o03_the_backup_reads_every_tenant_and_writes_nothing(
    ours: Tenant, as_role: Callable[..., Any]
) -> None:
    opened = as_role("backup")
    found = rows(opened, "SELECT name FROM subjects_subject ORDER BY name")
    assert found == [("Person of ours",), ("Person of theirs",)]
    for statement in ("DELETE FROM subjects_subject", "UPDATE tenancy_tenant SET name = ''"):
        with pytest.raises(InsufficientPrivilege):
            opened.execute(statement)


def test_o03_pg_dump_as_the_backup_role_takes_the_rows_of_every_tenant(ours: Tenant) -> None:
    told, program = connection.settings_dict, postgres_binary("pg_dump")
    assert program is not None
    command = [program, "--enable-row-security", "--data-only", "--table", "subjects_subject"]
    where = {
        "PGHOST": told["HOST"],
        "PGPORT": str(told["PORT"]),
        "PGDATABASE": told["NAME"],
        "PGUSER": BACKUP,
    }
    done = subprocess.run(command, env={**os.environ, **where}, capture_output=True, text=True, check=True)
    assert "Person of ours" in done.stdout
    assert "Person of theirs" in done.stdout
