"""The estate: what is made is believed, and pages stay quick and their statements few at its size."""

from collections.abc import Callable, Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, Model
from django.test import Client
from django.test.utils import override_settings

from authsvc.audit.models import AuditEvent
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.audit.writers import known_writers, leaf_of_row
from authsvc.devices.models import Device
from authsvc.management.actors import System
from authsvc.management.policies import save_draft
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.services import publish_policy
from authsvc.subjects.models import Subject, Word
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import Transaction
from config.settings.parts.storage import with_plans
from devtools.estate.estate import build
from devtools.estate.sizes import Sizes
from tests.campaign import Size
from tests.ended import ended, proven, stored
from tests.factories import make_device, make_party, make_subject, make_tenant
from tests.tenancy.people import make_user, signed_in
from tests.unit.devtools.measuring import REPEATED, Measured, all_measured, suggestions

# Of a million.
PEOPLE = 1_000_000
# Statements; seconds of a page, how many times those in an empty database, of a search, of a dry run.
MOST, LONGEST, TIMES, SEARCH, DRY_RUN = 12, 0.150, 3, 0.300, 5
pytestmark = [pytest.mark.needs("postgresql"), pytest.mark.django_db]


def largest(size: Size) -> Tenant:
    """Make an estate, and return its largest tenant."""
    people = size("people", sample=100, whole=PEOPLE)
    return build(Sizes.of(people / PEOPLE), say=lambda _: None)[0]


@pytest.fixture
def estate(size: Size) -> Iterator[Tenant]:
    """The largest tenant of an estate, in whose scope the test runs."""
    tenant = largest(size)
    with tenant_scope(tenant.pk):
        yield tenant


def owner_of(tenant: Tenant) -> Client:
    with tenant_scope(tenant.pk):
        return signed_in(make_user((tenant, Role.OWNER), email=f"owner@{tenant.slug}.example"))


@pytest.fixture
def small() -> Tenant:
    """A tenant with a row each, as nothing is less of what a page shows."""
    tenant = make_tenant("small")
    with tenant_scope(tenant.pk):
        person = make_subject()
        make_device(person)
        [attempt] = stored([ended(make_party(), person, proven())])
        record(Tag.CODE_ISSUED, transaction=attempt.pk, subject=str(person.pk))
        with_policies()
    return tenant


def with_policies() -> None:
    """Give the tenant in scope a version of its policy and a draft, which can be tried."""
    publish_policy(document=DEFAULT, published_by="admin")
    save_draft(by=System("a test"), changes={"least_age": 21})


def test_no_attempt_has_more_than_its_share_of_the_events(estate: Tenant) -> None:
    found = AuditEvent.objects.exclude(transaction="").values("transaction").annotate(events=Count("pk"))
    counts = {row["events"] for row in found}
    assert len(found) == Transaction.objects.count() > 0
    assert max(counts) - min(counts) <= 1


def test_tables_have_their_indexes_and_keys_again() -> None:
    def schema() -> set[tuple[str, str]]:
        with connection.cursor() as cursor:
            cursor.execute(_SCHEMA)
            return set(cursor.fetchall())

    before = schema()
    build(Sizes.of(0.00001), say=lambda _: None)
    assert schema() ^ before == set()


_SCHEMA = """
    SELECT k.conrelid::regclass::text, k.conname || pg_get_constraintdef(k.oid) || k.convalidated
    FROM pg_constraint k WHERE k.connamespace = current_schema::regnamespace
    UNION ALL
    SELECT i.indrelid::regclass::text, pg_get_indexdef(i.indexrelid) || i.indisvalid
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE c.relnamespace = current_schema::regnamespace"""


def test_what_is_made_is_believed(estate: Tenant) -> None:
    assert Subject.objects.count() == len(Subject.objects.all()) > 0
    assert len(Device.objects.all()) == Device.objects.count() > 0
    person = Subject.objects.all()[0]
    assert Word.objects.filter(subject=person).count() >= 3
    known = known_writers()
    for row in AuditEvent.objects.values(*_LEAF)[:20]:
        leaf = leaf_of_row(row)
        assert leaf is not None
        assert known.wrote(estate.pk, bytes(row["mac"]), leaf)
    # The explanation of an attempt reads what it has proven.
    attempt = Transaction.objects.unchecked().filter(state="consumed", kind="authenticate")[0]
    page = owner_of(estate).get(f"/portal/{estate.slug}/attempts/{attempt.pk}/")
    assert "Step by step" in page.content.decode()


_LEAF = (
    *("sequence", "at", "tag", "actor", "transaction", "client", "subject", "reason", "details"),
    *("salt", "mac", "digest"),
)


def is_seen_by_everybody(model: type[Model]) -> bool:
    """Whether PostgreSQL knows of pages of a table that all rows in them are seen by everybody."""
    asked = "SELECT relallvisible > 0 FROM pg_class WHERE oid = %s::regclass"
    with connection.cursor() as cursor:
        cursor.execute(asked, [model._meta.db_table])
        return bool(cursor.fetchone()[0])


@pytest.fixture
def _asked_as_by_the_portal(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let statements be planned as in a process of the portal alone (docs/adr/0536)."""
    told = with_plans({"ENGINE": connection.settings_dict["ENGINE"], "OPTIONS": {}}, ["portal"])["OPTIONS"]
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "prepare_threshold", told["prepare_threshold"])


def in_short(one: Measured, before: Measured) -> str:
    times = one.seconds / before.seconds
    return f"{one.seconds * 1000:.0f} ms, {times:.1f} times, {one.statements} statements"


def is_slow(one: Measured, before: Measured) -> bool:
    if one.page.startswith("policies/try/"):
        return one.seconds > DRY_RUN
    return one.seconds > LONGEST or one.seconds > TIMES * before.seconds


# What is stored for good alone is seen as such, and an index then answers without a look at the rows.
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_asked_as_by_the_portal")
def test_pages_at_this_size(
    small: Tenant, size: Size, pytestconfig: pytest.Config, record_property: Callable[[str, object], None]
) -> None:
    whole = bool(pytestconfig.getoption("whole"))
    # Of so few rows times say nothing.
    usual = {one.page: one for one in all_measured(owner_of(small), small)} if whole else {}
    tenant = largest(size)
    assert is_seen_by_everybody(Word)
    with tenant_scope(tenant.pk):
        with_policies()
    browser = owner_of(tenant)
    found = all_measured(browser, tenant, repeated=REPEATED if whole else 0)
    took = suggestions(browser, tenant, repeated=REPEATED if whole else 1)
    assert {one.page: one.statements for one in found if one.statements > MOST} == {}
    if whole:
        for one in found:
            record_property(one.page, in_short(one, usual[one.page]))
        p95 = took[len(took) * 95 // 100]
        record_property("search, p95", f"{p95 * 1000:.0f} ms")
        assert [in_short(one, usual[one.page]) for one in found if is_slow(one, usual[one.page])] == []
        assert p95 <= SEARCH


@pytest.mark.parametrize("share", ["0", "1.5"])
def test_no_share_but_a_part_of_the_whole(share: str) -> None:
    with pytest.raises(CommandError, match="more than 0"):
        call_command("seed_estate", "--share", share)


def test_production_has_none() -> None:
    with override_settings(PRODUCTION=True), pytest.raises(CommandError, match="production"):
        call_command("seed_estate")


def test_there_is_one_estate_alone() -> None:
    Tenant.objects.create(slug="estate-000", name="There already")
    with pytest.raises(CommandError, match="already"):
        call_command("seed_estate")
