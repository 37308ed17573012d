"""The screens of people from a table."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.enrolment.models import PeopleImport
from authsvc.enrolment.tables import LONGEST
from authsvc.management import importing
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from config.bodies import LONGEST_TABLE
from portal.people import tasks

TABLE = "name;number;e-mail\r\nZoë Łuk;P-1;\r\n=cmd|calc;P-2;\r\n<b>Bea</b>;;no address\r\n"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What was sent to the portal's own process; nothing is done by it."""
    messages: list[tuple[str, str]] = []
    monkeypatch.setattr(tasks, "send", lambda *ids: messages.append(ids))
    return messages


def send(admin: Client, base: str, content: bytes, name: str = "people.csv") -> Any:
    return admin.post(
        f"{base}people/import/file/?name={name}", content, content_type="application/octet-stream"
    )


def test_a_file_is_judged_line_by_line_and_enters_nobody(admin: Client, base: str) -> None:
    answer = send(admin, base, TABLE.encode("utf-16"))
    page = admin.get(answer.json()["at"]).content.decode()
    assert "2 people would be entered and invited." in page
    assert "Zoë Łuk" in page
    assert "This is no e-mail address." in page
    assert "<b>Bea" not in page
    assert Subject.objects.count() == 0
    # Chosen again, the same file takes its own place.
    send(admin, base, TABLE.encode("utf-16"))
    assert PeopleImport.objects.filter(state=PeopleImport.State.CHECKED).count() == 1


def test_what_is_pasted_is_judged_too(admin: Client, base: str) -> None:
    answer: Any = admin.post(f"{base}people/import/", {"text": TABLE}, follow=True)
    assert "2 people would be entered and invited." in answer.content.decode()
    wrong = admin.post(f"{base}people/import/", {"text": "nothing of people"})
    assert wrong.status_code == 422
    assert "has to name the columns" in wrong.content.decode()


def test_what_is_no_table_is_said_where_the_file_was_chosen(admin: Client, base: str) -> None:
    for content in (b"", b"x" * (LONGEST + 1), b"\xff\xfe\x00"):
        answer = send(admin, base, content)
        assert answer.status_code == 422
        assert answer.json()["error"]
    assert LONGEST == LONGEST_TABLE


def test_they_are_entered_by_the_portals_own_process_and_the_links_are_taken_away(
    admin: Client, base: str, tenant: Tenant, sent: list[tuple[str, str]]
) -> None:
    table = PeopleImport.objects.get(pk=send(admin, base, TABLE.encode()).json()["at"].split("/")[-2])
    at = reverse("people-import-table", args=[tenant.slug, table.pk])
    for _ in range(2):
        assert admin.post(f"{at}begin/", {"way": "link"}).status_code == 302
    assert sent == [(str(tenant.pk), table.pk)]
    assert "0 of 2 are done." in admin.get(at).content.decode()
    tasks.enter_people(str(tenant.pk), table.pk)
    assert "2 people were entered and invited." in admin.get(at).content.decode()

    links = admin.post(f"{at}links/").content.decode()
    assert links.count("/enrol/") == 2
    # What begins like a formula is none in a table that is taken away.
    assert "'=cmd|calc" in links
    assert AuditEvent.objects.filter(tag=Tag.IMPORT_LINKS_TAKEN).count() == 1
    assert "'=cmd|calc" in admin.get(f"{base}people/?as=csv").content.decode()


def test_a_turn_that_is_not_the_last_sends_for_the_next(
    admin: Client, base: str, tenant: Tenant, sent: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = send(admin, base, TABLE.encode()).json()["at"].split("/")[-2]
    admin.post(f"{base}people/import/{table}/begin/", {"way": "link"})
    monkeypatch.setattr(importing, "_TURN", -1.0)
    tasks.enter_people(str(tenant.pk), table)
    assert sent == [(str(tenant.pk), table)] * 2


def test_it_can_be_dropped_and_stopped(
    admin: Client, base: str, tenant: Tenant, sent: list[tuple[str, str]]
) -> None:
    at = send(admin, base, TABLE.encode()).json()["at"]
    assert admin.post(f"{at}stop/").status_code == 302
    again: Any = admin.post(f"{at}begin/", {"way": "link"}, follow=True)
    assert "It was begun or dropped before." in again.content.decode()
    assert (sent, Subject.objects.count()) == ([], 0)
    assert admin.post(f"{at}begin/", {"way": "pigeon"}).status_code == 404


def test_an_auditor_sees_tables_and_sends_none(admin: Client, base: str, tenant: Tenant) -> None:
    from authsvc.tenancy.roles import Role
    from tests.tenancy.people import make_user, signed_in

    at = send(admin, base, TABLE.encode()).json()["at"]
    auditor = signed_in(make_user((tenant, Role.AUDITOR)))
    assert "Enter 2 people" not in auditor.get(at).content.decode()
    assert send(auditor, base, TABLE.encode()).status_code == 403
