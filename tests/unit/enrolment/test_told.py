"""The offer at the end of an enrolment: to be told on this device, which can be left out."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from authsvc.devices.models import Device
from authsvc.enrolment.telling import OFFERED
from authsvc.reach.models import Subscription
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction
from tests.provider.push_service import TakesPushes
from tests.unit.capture.agent import Agent
from tests.unit.enrolment.test_enrolment import enrolled_without_face, path, subject

__all__ = ["path", "subject"]
GOOD = "https://fcm.googleapis.com/fcm/send/abc"
OFFER = "Be told when somebody asks you"


@pytest.fixture
def finished(agent: Agent, path: str) -> Transaction:
    """An enrolment that its browser has just finished."""
    row = enrolled_without_face(agent, path)
    assert OFFER in page(agent, row)
    return row


def page(agent: Agent, row: Transaction) -> str:
    answer = agent.client.get(f"/t/{agent.tenant.slug}/enrol/finish/{row.pk}/")
    return str(answer.content.decode())


def send(agent: Agent, row: Transaction, endpoint: str = GOOD, **more: Any) -> int:
    where = f"/t/{agent.tenant.slug}/enrol/told/{row.pk}/"
    headers = {"origin": agent.origin, **more}
    return int(agent.client.post(where, TakesPushes(endpoint).form, headers=headers).status_code)


def test_the_device_that_enrolled_is_told_from_then_on(
    agent: Agent, finished: Transaction, subject: Subject
) -> None:
    assert send(agent, finished) == 204
    row = Subscription.objects.get()
    assert (row.subject_id, row.device) == (subject.pk, Device.objects.get(subject=subject))
    assert OFFER not in page(agent, finished)


def test_leaving_it_out_leaves_nothing(finished: Transaction) -> None:
    assert not Subscription.objects.exists()


@pytest.mark.requirement("S6.2-01")
def test_nobody_else_puts_a_device_there(agent: Agent, finished: Transaction) -> None:
    assert send(agent, finished, origin="https://attacker.example") == 403
    assert send(agent, finished, "https://attacker.example/") == 422
    agent.client.cookies.clear()
    assert send(agent, finished) == 404
    assert not Subscription.objects.exists()


def test_later_it_takes_the_passkey_again(agent: Agent, finished: Transaction) -> None:
    Transaction.objects.filter(pk=finished.pk).update(ended_at=F("ended_at") - OFFERED - timedelta(seconds=1))
    assert OFFER not in page(agent, finished)
    assert send(agent, finished) == 404


def test_an_enrolment_that_goes_on_is_offered_nothing(agent: Agent, path: str) -> None:
    row = enrolled_without_face(agent, path)
    assert send(agent, row) == 404


def test_a_desk_is_not_told_of_whom_it_enrolled(agent: Agent, finished: Transaction) -> None:
    Transaction.objects.filter(pk=finished.pk).update(agent_digest="x" * 64)
    assert OFFER not in page(agent, finished)
    assert send(agent, finished) == 404
