"""What the audit log learns from a worker: bands at named operating points, records adopted."""

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.biometrics import adoption
from authsvc.biometrics.adoption import note_adopted
from authsvc.biometrics.bands import bands_of
from authsvc.biometrics.stages.decision import sign_part
from authsvc.biometrics.types import Reason
from authsvc.core.stages import Stage
from authsvc.policy.evaluate import OPERATING_POINTS
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions import services
from authsvc.transactions.models import Capture
from authsvc.transactions.records import Findings
from tests.factories import make_tenant
from tests.unit.transactions import flow


def part(stage: Stage, **result: Any) -> Any:
    return sign_part(stage, result, binding={}, key=b"k" * 32)


@pytest.mark.requirement("S9.4-11", "S7-02")
@pytest.mark.parametrize("point", OPERATING_POINTS)
def test_t26_bands_are_the_named_operating_points_and_nothing_finer(point: str) -> None:
    parts = [
        part(Stage.DECODE, passed=True),
        part(Stage.PAD, passed=False, reason=str(Reason.PAD_ATTACK), hint="follow"),
        part(Stage.COMPARISON, passed=True),
    ]
    found = bands_of(parts, operating_point=point)
    assert found == {"decode": "passed", "pad": Reason.PAD_ATTACK, "comparison": f"at {point}"}
    (below,) = bands_of(
        [part(Stage.COMPARISON, passed=False, reason="non-match")], operating_point=point
    ).values()
    assert below == f"below {point}"


@pytest.fixture
def _tenant(db: None) -> Any:
    with tenant_scope(make_tenant().id):
        yield


FINDINGS = Findings({"quality": "passed", "comparison": "below 1e-4"}, "engine:1", "digest", "record-1")


@pytest.mark.usefixtures("_tenant")
@pytest.mark.requirement("S9.4-11", "S7-02")
@pytest.mark.parametrize("outcome", ["accepted", "refused", "again"])
def test_t26_a_verdicts_event_says_what_judged_it_and_how_each_stage_ended(outcome: str) -> None:
    row, capture = flow.submitted(flow.person()[1])
    services.record_verdict(capture.id, flow.verdict_on(capture, outcome), findings=FINDINGS)
    event = AuditEvent.objects.get(tag=Tag.VERDICT_RECORDED)
    assert event.details == {
        "capture": capture.id,
        "outcome": outcome,
        "agent": {"type": "browser", "build": "1"},
        "stages": {"quality": "passed", "comparison": "below 1e-4"},
        "engine": "engine:1",
        "policy": "digest",
        "record": "record-1",
    }
    assert (event.transaction, event.subject) == (row.pk, str(row.subject_id))
    # No number but those of the operating points.
    assert re.findall(r"\d+\.\d+", json.dumps(event.details)) == []


@pytest.mark.usefixtures("_tenant")
def test_a_verdict_that_did_not_come_says_nothing_of_stages() -> None:
    _, capture = flow.submitted(flow.person()[1])
    services.expire_capture(capture.id)
    event = AuditEvent.objects.get(tag=Tag.VERDICT_RECORDED)
    assert (event.reason, event.details["outcome"]) == ("deadline", Capture.State.AGAIN)
    assert not {"stages", "engine", "policy", "record"} & set(event.details)


def adopted() -> list[str]:
    events = AuditEvent.objects.filter(tag=Tag.RECORD_ADOPTED).order_by("sequence")
    return [event.details["record"] for event in events]


@pytest.mark.usefixtures("_tenant")
@pytest.mark.requirement("S9.4-11")
def test_t26_each_change_of_the_record_beneath_decisions_is_written_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for named in ("r1", "r1", "r2", None, "r2"):
        note_adopted(named, engine="engine:1")
    assert adopted() == ["r1", "r2"]
    # Another process asks the log.
    monkeypatch.setattr(adoption, "_written", {})
    note_adopted("r2", engine="engine:1")
    note_adopted("r3", engine="engine:2")
    assert adopted() == ["r1", "r2", "r3"]
    with tenant_scope(make_tenant().id):
        note_adopted("r3", engine="engine:2")
        assert adopted() == ["r3"]


def test_an_event_holds_what_there_is() -> None:
    assert Findings().told() == {}
    assert SimpleNamespace(**FINDINGS.told()).record == "record-1"
