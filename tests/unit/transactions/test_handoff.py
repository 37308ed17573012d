"""A transaction goes from the desk to a phone (W2): by whom each step may be taken, and when no more."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from authsvc.assurance.levels import Evidence, Level, assess
from authsvc.audit.models import AuditEvent
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.ids import b64u, new_secret
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions import services
from authsvc.transactions.handoff import draw_number
from authsvc.transactions.models import Transaction
from authsvc.transactions.parties import Party, is_party
from tests.factories import make_tenant
from tests.unit.transactions import flow

pytestmark = pytest.mark.django_db
DESK, PHONE, TAKEN = new_secret(), new_secret(), new_secret()


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with tenant_scope(make_tenant().id):
        yield


def shown(**fields: Any) -> tuple[Transaction, str]:
    row = flow.opened(browser_key=DESK, **fields)
    return row, services.open_handoff(row, digits=2, agent_path=f"/handed/{row.pk}")


def met(**fields: Any) -> tuple[Transaction, str, str]:
    """Bring a hand-off to the number that the desk shows."""
    row, secret = shown(**fields)
    services.meet(row, secret, key=PHONE)
    row.refresh_from_db()
    return row, secret, str(services.handoff_status(row)["number"])


def taken() -> Transaction:
    row, secret, number = met()
    assert services.take_over(row, secret, key=PHONE, number=number, agent_key=TAKEN)
    row.refresh_from_db()
    return row


def test_the_phone_is_the_agent_and_the_desk_the_initiator() -> None:
    row = taken()
    assert is_party(row, Party.INITIATOR, DESK)
    assert is_party(row, Party.AGENT, TAKEN)
    strangers = [(Party.AGENT, DESK), (Party.INITIATOR, TAKEN), (Party.AGENT, PHONE), (Party.AGENT, "")]
    assert not any(is_party(row, party, key) for party, key in strangers)


def test_the_phone_proves_and_the_desk_takes_the_result() -> None:
    row, (_, device) = taken(), flow.person()
    flow.prove(row, device, browser_key="renewed")
    row.refresh_from_db()
    assert is_party(row, Party.AGENT, "renewed")
    assert is_party(row, Party.INITIATOR, DESK)
    services.decline_face(row)
    with pytest.raises(Refused, match="foreign-browser"):
        services.consume(row.pk, "renewed", at=f"/done/{row.pk}")
    consumed = services.consume(row.pk, DESK, at=f"/done/{row.pk}")
    assert consumed.evidence.handoff == "number"


def test_what_was_handed_on_earns_no_more_than_l2() -> None:
    best = Evidence(
        passkey="hwk", attested=True, certified=True, origin_bound=True, user_verified=True, face=True,
        iad=True, evaluated=True, model="G", share="prf", browser_capture=False,
    )  # fmt: skip
    assert assess(best).level == Level.L4
    handed = assess(Evidence(**{**best.__dict__, "handed_on": True}))
    assert handed.level == Level.L2
    assert "it was handed on from one device to another" in handed.reasons


def test_one_device_says_nothing_of_a_handoff() -> None:
    row = flow.proven(flow.person()[1])
    assert row.evidence.handoff == ""
    assert "handoff" not in row.stored_evidence


@pytest.mark.requirement("S9.4-10")
def test_the_link_has_128_random_bits() -> None:
    row, secret = shown()
    assert len(secret) == 22
    assert secret not in str(row.stored_handoff)


def test_a_wrong_number_ends_it_for_good() -> None:
    row, secret, number = met()
    wrong = f"{(int(number) + 1) % 100:02d}"
    assert not services.take_over(row, secret, key=PHONE, number=wrong, agent_key=TAKEN)
    row.refresh_from_db()
    assert services.handoff_status(row) == {"state": "wrong"}
    with pytest.raises(Refused, match="code-over"):
        services.take_over(row, secret, key=PHONE, number=number, agent_key=TAKEN)
    with pytest.raises(Refused, match="handoff-closed"):
        services.open_handoff(row, digits=2, agent_path="/")
    assert not row.handed_over
    assert is_party(row, Party.AGENT, DESK)
    assert AuditEvent.objects.filter(tag="transaction:handoff:wrong").count() == 1


def test_a_link_is_for_one_device() -> None:
    row, secret, number = met()
    with pytest.raises(Refused, match="code-met"):
        services.meet(row, secret, key=new_secret())
    for other in (new_secret(), DESK, "", None):
        with pytest.raises(Refused, match="code-met"):
            services.take_over(row, secret, key=other, number=number, agent_key=TAKEN)
    assert services.take_over(row, secret, key=PHONE, number=number, agent_key=TAKEN)


def test_a_used_link_opens_nothing() -> None:
    row, secret, number = met()
    services.take_over(row, secret, key=PHONE, number=number, agent_key=TAKEN)
    for step in (
        lambda: services.find_handoff(row.pk, secret, PHONE),
        lambda: services.meet(row, secret, key=PHONE),
        lambda: services.take_over(row, secret, key=PHONE, number=number, agent_key=TAKEN),
    ):
        with pytest.raises(Refused, match="code-over"):
            step()


def test_a_link_ends_with_its_transaction() -> None:
    row, secret, number = met()
    Transaction.objects.filter(pk=row.pk).update(expires_at=now() - timedelta(seconds=1))
    with pytest.raises(Refused, match="code-over"):
        services.find_handoff(row.pk, secret, PHONE)
    with pytest.raises(Refused, match="code-over"):
        services.take_over(row, secret, key=PHONE, number=number, agent_key=TAKEN)


def test_a_new_link_ends_the_one_before() -> None:
    row, before = shown()
    secret = services.open_handoff(row, digits=2, agent_path="/")
    with pytest.raises(Refused, match="unknown-code"):
        services.find_handoff(row.pk, before, PHONE)
    with pytest.raises(Refused, match="code-over"):
        services.meet(row, before, key=PHONE)
    assert services.find_handoff(row.pk, secret, None).pk == row.pk


def test_a_denied_link_is_over() -> None:
    row, secret = shown()
    services.deny(row, secret)
    row.refresh_from_db()
    assert services.handoff_status(row) == {"state": "denied"}
    with pytest.raises(Refused, match="code-over"):
        services.meet(row, secret, key=PHONE)


def test_what_the_desk_began_of_a_proof_does_not_count_any_more() -> None:
    row, secret, number = met()
    challenge = services.new_device_challenge(row, flow.session_key())
    services.take_over(row, secret, key=PHONE, number=number, agent_key=TAKEN)
    proof = services.DeviceProof(flow.person()[1], flow.AGENT, b64u(challenge))
    with pytest.raises(Refused, match="too-late"):
        services.record_device_proof(row, proof, browser_key=DESK)


def test_no_phone_takes_over_what_the_desk_has_proven() -> None:
    row, secret, number = met()
    flow.prove(row, flow.person()[1], browser_key=DESK)
    with pytest.raises(Refused, match="code-over"):
        services.take_over(row, secret, key=PHONE, number=number, agent_key=TAKEN)
    with pytest.raises(Refused, match="handoff-closed"):
        services.open_handoff(row, digits=2, agent_path="/")


@pytest.mark.parametrize("kind", [kind for kind in Transaction.Kind if kind not in Transaction.HANDED_ON])
def test_other_kinds_stay_on_one_device(kind: str) -> None:
    with pytest.raises(Refused, match="handoff-closed"):
        shown(kind=kind)


def test_the_best_guess_of_a_number_is_right_at_most_three_times_in_two_hundred() -> None:
    """There is one guess a hand-off, so that nothing but an uneven draw could help whoever guesses."""
    drawn = Counter(draw_number(digits=2) for _ in range(20_000))
    assert len(drawn) == 100
    # Of a fair draw some number comes more often once in 700 million runs.
    assert max(drawn.values()) <= 300


def test_the_number_is_typed_in_any_script() -> None:
    row, secret, number = met()
    typed = "".join(chr(0x0660 + int(digit)) for digit in number)
    assert services.is_number(typed, digits=2)
    assert services.take_over(row, secret, key=PHONE, number=typed, agent_key=TAKEN)


@pytest.mark.parametrize("text", ["", "1", "123", "x1", "²³", "-1", "1 "])
def test_what_is_no_number_is_no_guess(text: str) -> None:
    assert not services.is_number(text, digits=2)


def test_the_desk_hears_how_far_it_is() -> None:
    row, _, number = met()
    assert services.handoff_status(row) == {"state": "met", "number": number}
    row = taken()
    assert services.handoff_status(row) == {"state": "taken", "step": "open"}
    assert row.handoff is not None
    assert row.handoff.number == ""
    flow.prove(row, flow.person()[1], browser_key=TAKEN)
    row.refresh_from_db()
    assert services.handoff_status(row)["step"] == "proven"
    services.decline_face(row)
    row.refresh_from_db()
    assert services.handoff_status(row) == {"state": "done", "continue_url": f"/done/{row.pk}"}
    services.consume(row.pk, DESK, at=f"/done/{row.pk}")
    row.refresh_from_db()
    assert services.handoff_status(row)["state"] == "over"


def test_each_goes_its_own_way_on() -> None:
    row = taken()
    assert (row.agents_way_on, row.continue_path) == (f"/handed/{row.pk}", f"/done/{row.pk}")
    alone, _ = shown()
    assert alone.agents_way_on == alone.continue_path
