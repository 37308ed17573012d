"""A transaction knows the parts of the installation that it touched, wherever a step was taken (S5.4-02)."""

from dataclasses import asdict, replace
from typing import Any

import pytest

from authsvc.assurance.levels import Evidence, Level, assess
from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.components import Component
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions import services
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import Findings
from tests.factories import make_tenant
from tests.unit.transactions.flow import BROWSER, face_proof, opened, person, prove, submitted, verdict_on

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S5.4-02")]
HERE = (Component("provider", grade="L3", region="eu-1"), Component("store", grade="L3"))
THERE = (Component("provider", grade="L1", region="ap-1"), Component("store", grade="L3"))
EAST = Component("worker", "east", "L1", "ap-1")


@pytest.fixture(autouse=True)
def _tenant() -> Any:
    with tenant_scope(make_tenant().id):
        yield


def decided(row: Transaction) -> Transaction:
    """Prove the passkey, go without a face, and take the result."""
    prove(row, person()[1])
    row.refresh_from_db()
    services.decline_face(row)
    return services.consume(row.pk, BROWSER, at=row.continue_path)


@pytest.mark.parametrize(
    ("opening", "going_on", "level"),
    [(HERE, HERE, Level.L2), (THERE, HERE, Level.L1), (HERE, THERE, Level.L1)],
)
def test_each_process_that_takes_a_step_says_what_it_is(
    settings: Any, opening: tuple[Component, ...], going_on: tuple[Component, ...], level: Level
) -> None:
    settings.COMPONENTS = opening
    row = opened()
    settings.COMPONENTS = going_on
    consumed = decided(row)
    assert set(consumed.evidence.components) == {*opening, *going_on}
    assert assess(Evidence.from_record(consumed.evidence)).level == level
    # As it is stored, and as the auditor reads it when the row is gone.
    assert Transaction.objects.unchecked().get(pk=row.pk).evidence == consumed.evidence
    told = AuditEvent.objects.get(tag=Tag.TRANSACTION_CONSUMED).details["components"]
    assert told == [asdict(each) for each in consumed.evidence.touched]


def test_who_takes_the_result_is_touched_too(settings: Any) -> None:
    settings.COMPONENTS = HERE
    row = opened()
    prove(row, person()[1])
    services.decline_face(row)
    settings.COMPONENTS = THERE
    consumed = services.consume(row.pk, BROWSER, at=row.continue_path)
    assert THERE[0] in consumed.evidence.components
    assert Transaction.objects.unchecked().get(pk=row.pk).evidence == consumed.evidence


def test_a_proof_that_is_dropped_leaves_what_was_touched(settings: Any) -> None:
    settings.COMPONENTS = THERE
    row = opened()
    prove(row, person()[1])
    settings.COMPONENTS = HERE
    row.refresh_from_db()
    services.hold_to_key(row, {"another": "key"})
    assert row.evidence.passkey is None
    assert row.evidence.components == THERE


def test_where_nothing_is_declared_rows_and_log_are_as_before() -> None:
    row = opened()
    assert row.stored_evidence == {}
    consumed = decided(row)
    assert "components" not in consumed.stored_evidence
    assert "components" not in AuditEvent.objects.get(tag=Tag.TRANSACTION_CONSUMED).details
    assert [part.grade for part in consumed.evidence.touched] == ["L2"] * 3


def test_a_worker_says_what_it_is_in_what_it_signs_and_of_whom_it_refuses() -> None:
    row, capture = submitted(person()[1])
    face = replace(face_proof(capture), components=(EAST,))
    services.record_verdict(capture.pk, verdict_on(capture, face=face), findings=Findings(components=(EAST,)))
    consumed = services.consume(row.pk, BROWSER, at=row.continue_path)
    assert EAST in consumed.evidence.touched
    assert assess(Evidence.from_record(consumed.evidence)).level == Level.L1
    told = AuditEvent.objects.get(tag=Tag.VERDICT_RECORDED).details["components"]
    assert told == [asdict(EAST)]
