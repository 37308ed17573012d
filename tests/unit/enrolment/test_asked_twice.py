"""Whoever asks for the end of an enrolment twice at once is told both times that it is done."""

from typing import Any

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.enrolment import services
from authsvc.subjects.models import Subject
from tests.factories import make_subject
from tests.unit.capture.agent import Agent
from tests.unit.enrolment import test_presence as presence

pytestmark = pytest.mark.requirement("S6.3-01")


def test_the_second_request_says_that_it_is_done(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has seen the transaction decided; when it goes on, the first has used it up."""
    presence.allow("D")
    subject = make_subject(reference="", reference_version=0, status=Subject.Status.INVITED)
    row = presence.begun(agent, subject)
    assert agent.passkey(row).json()["next"] == "done"
    finish = services.finish_enrolment
    codes: list[str] = []

    def meanwhile(**given: Any) -> Any:
        codes.extend(finish(**given)[1])
        return finish(**given)

    monkeypatch.setattr(services, "finish_enrolment", meanwhile)
    page: Any = agent.client.get(row.continue_path)
    assert (page.status_code, bool(codes)) == (200, True)
    assert not any(code in page.content.decode() for code in codes)
    assert AuditEvent.objects.filter(tag=Tag.TRANSACTION_CONSUMED, transaction=row.pk).count() == 1
    assert not AuditEvent.objects.filter(tag=Tag.FLOW_REFUSED).exists()
