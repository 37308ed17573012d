"""People from a table: what would be done is what is done, once, and nobody else's."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from authsvc.core.clock import now
from authsvc.core.ids import secret_hash
from authsvc.enrolment.models import EnrolmentLink, ImportLine, PeopleImport
from authsvc.management import importing
from authsvc.management.actors import Member
from authsvc.subjects.models import Subject
from authsvc.tenancy.memberships.models import Membership
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from tests.unit.management.conftest import member

TABLE = b"""name;number;e-mail
Ada Lovelace;P-1;ada@example.org
Bea Novak;;bea@example.org
Cleo Finn;P-3;
;P-4;
"""


@pytest.fixture
def by(tenant: Tenant) -> Member:
    """Who sends the table."""
    return member((tenant, Role.ADMIN))


def checked(by: Member, content: bytes = TABLE) -> PeopleImport:
    return importing.check(by=by, name="people.csv", content=content)


def run(by: Member, table: PeopleImport, way: str = "link") -> None:
    importing.begin(by=by, table=table, way=way)
    assert not importing.go_on(table.pk)
    table.refresh_from_db()


def outcomes() -> list[str]:
    return list(ImportLine.objects.order_by("table", "number").values_list("outcome", flat=True))


def test_a_dry_run_enters_nobody_and_says_what_would_be_done(by: Member) -> None:
    Subject.objects.create(name="A. Lovelace", external_id="P-1")
    Subject.objects.create(name="Bea", claims={"email": "BEA@example.org"})
    table = checked(by)
    assert Subject.objects.count() == 2
    lines = table.lines.order_by("number")
    assert [(line.number, line.verdict, line.problem) for line in lines] == [
        (2, "there", ""),
        (3, "there", ""),
        (4, "new", ""),
        (5, "wrong", "no-name"),
    ]
    assert importing.progress_of(table).new == 1


def test_each_gets_a_link_that_works_and_the_database_does_not_hold_it(by: Member) -> None:
    table = checked(by)
    run(by, table)
    assert table.state == PeopleImport.State.DONE
    assert {person.external_id: person.name for person in Subject.objects.all()} == {
        "P-1": "Ada Lovelace",
        "": "Bea Novak",
        "P-3": "Cleo Finn",
    }
    taken = importing.take_links(by=by, table=table)
    digests = {secret_hash(url.rstrip("/").rsplit("/", 1)[1]) for _line, url in taken}
    assert digests == set(EnrolmentLink.objects.values_list("digest", flat=True))
    assert len(digests) == 3
    sealed = [bytes(line.sealed_link or b"") for line in table.lines.filter(outcome="linked")]
    assert all(url.encode() not in row for _line, url in taken for row in sealed)
    PeopleImport.objects.filter(pk=table.pk).update(moved_at=now() - importing.LINKS_FOR - timedelta(1))
    table.refresh_from_db()
    assert importing.take_links(by=by, table=table) == []


def test_by_mail_each_is_written_to_and_who_has_no_address_gets_a_link(by: Member) -> None:
    table = checked(by)
    run(by, table, way="mail")
    assert [each.to for each in mail.outbox] == [["ada@example.org"], ["bea@example.org"]]
    assert outcomes() == ["mailed", "mailed", "linked", ""]


def test_sent_twice_it_enters_nobody_twice(by: Member) -> None:
    run(by, checked(by))
    again = checked(by)
    assert importing.progress_of(again).new == 0
    assert importing.progress_of(again).there == 3
    run(by, again)
    assert Subject.objects.count() == 3


def test_begun_twice_or_run_twice_it_is_done_once(by: Member) -> None:
    table = checked(by)
    importing.begin(by=by, table=table, way="link")
    with pytest.raises(importing.NotNow):
        importing.begin(by=by, table=table, way="link")
    importing.go_on(table.pk)
    importing.go_on(table.pk)
    assert Subject.objects.count() == 3


def test_somebody_who_came_meanwhile_is_there(by: Member) -> None:
    table = checked(by)
    Subject.objects.create(name="Ada", external_id="P-1")
    run(by, table)
    assert outcomes() == ["there", "linked", "linked", ""]


def test_a_turn_ends_and_the_next_goes_on(by: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    table = checked(by)
    importing.begin(by=by, table=table, way="link")
    monkeypatch.setattr(importing, "_TURN", -1.0)
    assert importing.go_on(table.pk)
    assert Subject.objects.count() == 0
    monkeypatch.undo()
    assert not importing.go_on(table.pk)
    assert Subject.objects.count() == 3


def test_what_is_stopped_enters_nobody_further(by: Member) -> None:
    table = checked(by)
    importing.begin(by=by, table=table, way="link")
    importing.stop(by=by, table=table)
    assert not importing.go_on(table.pk)
    assert Subject.objects.count() == 0
    with pytest.raises(importing.NotNow):
        importing.begin(by=by, table=table, way="link")


def test_a_run_that_is_silent_can_be_begun_again(by: Member) -> None:
    table = checked(by)
    importing.begin(by=by, table=table, way="link")
    PeopleImport.objects.filter(pk=table.pk).update(moved_at=now() - importing.SILENT - timedelta(seconds=1))
    table.refresh_from_db()
    assert importing.progress_of(table).is_silent
    importing.begin(by=by, table=table, way="mail")
    table.refresh_from_db()
    assert (table.way, importing.progress_of(table).is_silent) == ("link", False)


def test_who_may_not_any_more_enters_nobody(by: Member) -> None:
    table = checked(by)
    importing.begin(by=by, table=table, way="link")
    Membership.objects.get(user=by.user_id).delete()
    assert not importing.go_on(table.pk)
    table.refresh_from_db()
    assert (table.state, table.why_stopped) == ("stopped", "not-permitted")
    assert Subject.objects.count() == 0


def test_t02_a_line_that_was_changed_by_sql_is_not_entered(by: Member) -> None:
    table = checked(by)
    importing.begin(by=by, table=table, way="link")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE enrolment_importline SET email = 'eve@example.org' WHERE number = 2")
    assert not importing.go_on(table.pk)
    table.refresh_from_db()
    assert (table.state, table.why_stopped) == ("stopped", "altered")
    assert Subject.objects.count() == 0


def test_where_no_mail_goes_out_it_stops_and_enters_nobody_without_one(by: Member, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    many = b"".join(b"Person %d,%d,p%d@example.org\n" % (each, each, each) for each in range(9))
    table = checked(by, b"name,number,email\n" + many)
    run(by, table, way="mail")
    assert (table.state, table.why_stopped) == ("stopped", "mail")
    assert outcomes().count("failed") == 5
    assert Subject.objects.count() == 0
