"""A delivery that is a letter, one that no further try helps, and a host that serves everybody."""

from dataclasses import replace

import pytest
from django.core import mail

from authsvc.delivery import kinds
from authsvc.delivery.kinds import Call, Letter, Outcome
from authsvc.delivery.models import Delivery
from authsvc.delivery.outbox import put
from authsvc.delivery.sender import send_due
from authsvc.tenancy.models import Tenant
from tests.factories import make_party
from tests.provider.receiver import Receiver
from tests.unit.delivery.conftest import Told


def changed(told: Told, **changes: object) -> None:
    told.kind = replace(told.kind, **changes)  # type: ignore[arg-type]
    kinds._kinds[told.kind.name] = told.kind


def test_a_letter_is_mailed_and_says_that_it_was_taken(tenant: Tenant, told: Told) -> None:
    letter = Letter("ada@example.org", "Title", "Text")
    changed(told, make=lambda _: letter, arrived=lambda status: status == 250)
    put(told.kind, client=make_party(), about="news")
    assert send_due() == 1
    assert [(sent.to, sent.subject) for sent in mail.outbox] == [(["ada@example.org"], "Title")]
    assert told.ends == [("news", Outcome(True, "the mail server took it", 250))]
    assert "ada" not in repr(letter)


@pytest.mark.parametrize(("status", "tries"), [(410, 1), (503, 3)])
def test_what_is_hopeless_is_not_tried_again(
    tenant: Tenant, told: Told, receiver: Receiver, status: int, tries: int
) -> None:
    changed(told, hopeless=lambda status: status == 410)
    receiver.status = status
    put(told.kind, client=make_party(client_uri=receiver.url), about="news")
    for _ in range(4):
        send_due()
        Delivery.objects.exclude(due_at=None).update(due_at="2026-01-01T00:00Z")
    assert len(receiver.arrived) == tries


def test_a_call_does_not_show_its_address() -> None:
    assert "secret" not in repr(Call("https://push.example/secret", b"", {"Authorization": "secret"}))


def test_a_shared_host_is_nobodys_alone() -> None:
    call = Call("https://push.example/1", b"", {})
    assert (call.alone_at, replace(call, shared=True).alone_at) == ("push.example", "")
