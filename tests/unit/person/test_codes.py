"""New recovery codes at the own page: after a fresh proof, shown once, and the old ones end."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.recoverycodes import COUNT
from authsvc.enrolment import recovery
from authsvc.enrolment.models import RecoveryCodes
from authsvc.management.acting import FRESH
from authsvc.subjects.models import Subject
from tests.unit.person.visitor import Visitor

WRITTEN = r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){5}"


def codes_in(page: Any) -> list[str]:
    assert page.status_code == 200
    return re.findall(WRITTEN, page.content.decode())


def test_new_codes_are_shown_once_and_the_old_ones_end(
    inside: Visitor, django_capture_on_commit_callbacks: Any
) -> None:
    assert "You have none." in inside.text()
    Subject.objects.filter(pk=inside.subject.pk).update(claims={"email": "ada@example.org"})
    first = codes_in(inside.post("recovery-codes"))
    assert "10 codes of" in inside.text()
    assert "no longer work then" in inside.text("recovery-codes")
    assert codes_in(inside.get("recovery-codes")) == []
    with django_capture_on_commit_callbacks(execute=True):
        second = codes_in(inside.post("recovery-codes"))
    assert len(set(first) | set(second)) == 2 * COUNT
    assert inside.post("lost", {"code": first[0]}).status_code == 422
    assert inside.post("lost", {"code": second[0]}).status_code == 303
    assert RecoveryCodes.objects.get().left == COUNT - 1
    assert "9 codes of" in inside.text()
    [sent] = mail.outbox
    assert not any(code in sent.body for code in second)
    told = AuditEvent.objects.filter(tag=Tag.RECOVERY_CODES_MADE).order_by("sequence")
    assert [row.details["replaced"] for row in told] == [False, True]
    assert {row.actor for row in told} == {f"person {inside.subject.pk}"}


def test_a_stale_proof_makes_none(inside: Visitor) -> None:
    inside.waits(FRESH + timedelta(seconds=5))
    answer = inside.post("recovery-codes")
    assert (answer.status_code, answer["Location"]) == (302, f"{inside.root}recovery-codes")
    assert "Show once more that it is you." in inside.text("recovery-codes")
    assert not RecoveryCodes.objects.exists()
    back = inside.comes_in(f"{inside.root}recovery-codes")
    assert back["Location"] == f"{inside.root}recovery-codes"
    assert codes_in(inside.post("recovery-codes"))


def test_the_page_names_a_passkey_that_a_code_made(inside: Visitor) -> None:
    inside.device.recovered = True
    inside.device.save()
    assert "Made with a recovery code" in inside.text()


def test_when_every_code_is_used_the_page_says_so(inside: Visitor) -> None:
    for code in recovery.make_codes(subject=inside.subject, actor="a test"):
        assert inside.post("lost", {"code": code}).status_code == 303
    assert "Every code is used." in inside.text()


@pytest.mark.parametrize("path", ["recovery-codes", "requests/one/stop"])
def test_outside_the_door_nothing_is_made(visitor: Visitor, path: str) -> None:
    assert visitor.post(path)["Location"] == visitor.root
    assert not RecoveryCodes.objects.exists()
