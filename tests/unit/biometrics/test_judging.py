"""The worker's judgement: nothing raises, and a claim above L1 stands on a record of exactly what runs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError

from authsvc.biometrics import judging, thresholds, worker
from authsvc.biometrics.decoder.confinement import Confinement
from authsvc.biometrics.engines.base import ModelProblem
from authsvc.biometrics.engines.loading import load_engine
from authsvc.biometrics.records.record import EvaluationRecord, load_records
from authsvc.biometrics.records.standing import weakness_of
from authsvc.biometrics.stages.decode import pictures
from authsvc.biometrics.types import DecisionResult, Reason, StageError
from authsvc.keys.samples import CannotUnseal
from authsvc.keys.service.interface import KeyServiceDown
from authsvc.policy.services import current_policy
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant

PAD = {
    "attacks": [{"species": "flat-print", "claimed": True, "failure": ""}],
    "people": [{"species": "bona-fide", "failure": ""}],
}
CAPTURE: Any = SimpleNamespace(id="capture", tenant_id="tenant", transaction_id="txn", sample_digest="digest")


@pytest.fixture
def _tenant(db: None) -> Iterator[None]:
    with tenant_scope(make_tenant().id):
        yield


@pytest.fixture
def shipped() -> EvaluationRecord:
    (record,) = (one for one in load_records(None, [bytes(32)]) if not one.references)
    return replace(record, pad=PAD)


def with_records(monkeypatch: pytest.MonkeyPatch, *records: EvaluationRecord) -> None:
    monkeypatch.setattr(thresholds, "evaluation_records", lambda: list(records))


@pytest.mark.requirement("S6.2-02")
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (StageError(Reason.REFERENCE, detail="gone"), Reason.REFERENCE),
        (CannotUnseal("another key"), Reason.FOREIGN),
        (ValueError("a secret detail"), Reason.INTERNAL),
        (MemoryError(), Reason.INTERNAL),
        (ZeroDivisionError(), Reason.INTERNAL),
        (RecursionError(), Reason.INTERNAL),
    ],
)
def test_whatever_goes_wrong_refuses(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: Exception, reason: Reason
) -> None:
    def fail(capture: object, sealed: bytes) -> None:
        raise fault

    monkeypatch.setattr(judging, "_judge", fail)
    judgement = judging.judge(CAPTURE, b"sealed")
    assert judgement.decision == DecisionResult("refused", reason)
    assert judgement.store is None
    assert judgement.verdict(CAPTURE, None).reason == reason
    assert "a secret detail" not in caplog.text


@pytest.mark.requirement("S6.2-02")
def test_t10_a_sample_that_is_gone_is_asked_for_again() -> None:
    """A crash of the database empties their table."""
    assert judging.judge(CAPTURE, None).decision == DecisionResult("again", Reason.LOST, "lost")


@pytest.mark.parametrize(
    "problem", [OperationalError("gone"), InterfaceError("closed"), KeyServiceDown("the disk is full")]
)
def test_o05_what_database_or_keys_interrupt_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    """Refused, it would cost the person a try."""

    def fail(capture: object, sealed: bytes) -> None:
        raise problem

    monkeypatch.setattr(judging, "_judge", fail)
    assert judging.judge(CAPTURE, b"sealed").decision == DecisionResult("again", Reason.LOST, "lost")


@pytest.mark.requirement("S8.1-07")
def test_a_worker_that_can_decode_nothing_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Confinement("tests.unit.biometrics.no_such_module")
    monkeypatch.setattr(pictures, "DECODER", broken)
    with pytest.raises(ModelProblem, match="pictures cannot be decoded"):
        worker.prepare_worker.__wrapped__()


@pytest.mark.usefixtures("_tenant")
@pytest.mark.requirement("S5.2-03", "S9.2-03")
def test_thresholds_are_those_of_policy_and_record(
    monkeypatch: pytest.MonkeyPatch, shipped: EvaluationRecord
) -> None:
    with_records(monkeypatch, shipped)
    found = thresholds.thresholds_for(load_engine().engine_id, sandbox=False)
    policy = current_policy()
    assert found.comparison == shipped.threshold(policy.operating_point)
    assert (found.operating_point, found.quality) == (policy.operating_point, policy.minimum_quality)
    assert (found.record, found.policy_version) == (shipped.id, policy.digest)
    assert not found.allow_simulated


@pytest.mark.usefixtures("_tenant")
@pytest.mark.requirement("S9.2-03")
def test_stages_without_a_record_have_none(
    monkeypatch: pytest.MonkeyPatch, shipped: EvaluationRecord
) -> None:
    with_records(monkeypatch, replace(shipped, stages="0"))
    found = thresholds.thresholds_for(load_engine().engine_id, sandbox=False)
    assert found.record is None
    assert found.comparison == shipped.threshold(current_policy().operating_point)


@pytest.mark.usefixtures("_tenant")
@pytest.mark.requirement("S9.2-03")
@pytest.mark.parametrize("engines", [[], ["sface:0"], ["dlib_onnx:0", "onnx:0"]])
def test_without_a_record_of_the_engine_nobody_is_compared(
    monkeypatch: pytest.MonkeyPatch, shipped: EvaluationRecord, engines: list[str]
) -> None:
    """Another engine's threshold would let strangers match: dlib's faces are all above SFace's."""
    with_records(monkeypatch, *(replace(shipped, engine=engine) for engine in engines))
    with pytest.raises(StageError) as refused:
        thresholds.thresholds_for(load_engine().engine_id, sandbox=False)
    assert refused.value.reason == Reason.UNMEASURED


@pytest.mark.usefixtures("_tenant")
@pytest.mark.requirement("S9.2-03")
@pytest.mark.parametrize(
    ("age", "lowest", "stands"),
    [
        (timedelta(0), 0.0, True),
        (timedelta(days=365), 0.0, True),
        (timedelta(days=365, seconds=1), 0.0, False),
        (timedelta(days=-2), 0.0, False),
        (timedelta(0), 1e-4, True),
        (timedelta(0), 1.1e-4, False),
    ],
)
def test_t08_a_record_that_is_too_old_or_too_weak_vouches_for_no_face(
    monkeypatch: pytest.MonkeyPatch, shipped: EvaluationRecord, age: timedelta, lowest: float, stands: bool
) -> None:
    moment = datetime(2027, 1, 1, tzinfo=UTC)
    point = {**shipped.points["1e-4"], "fmr_interval": [lowest, 1.0]}
    aged = replace(shipped, created=(moment - age).isoformat(), points={**shipped.points, "1e-4": point})
    monkeypatch.setattr(thresholds, "now", lambda: moment)
    with_records(monkeypatch, aged)
    found = thresholds.thresholds_for(load_engine().engine_id, sandbox=False)
    assert (found.record == shipped.id) == stands
    assert found.comparison == shipped.threshold("1e-4")


@pytest.mark.requirement("S9.2-03")
@pytest.mark.parametrize(
    "change",
    [{"points": {}}, {"created": "yesterday"}, {"created": "2027-01-01"}, {"points": {"1e-4": {"fmr": 0.0}}}],
)
def test_an_odd_record_vouches_for_nothing(shipped: EvaluationRecord, change: dict[str, Any]) -> None:
    moment = datetime.fromisoformat(shipped.created)
    assert weakness_of(shipped, "1e-4", moment=moment) is None
    assert weakness_of(replace(shipped, **change), "1e-4", moment=moment) is not None


ADULTS = {
    "group": "adult female Asian",
    "promised": True,
    "fmr": {"errors": 1, "compared": 11_175},
    "failure": "",
}


@pytest.mark.requirement("S5.2-04", "S9.2-03")
@pytest.mark.parametrize(
    ("groups", "weakness"),
    [
        ([ADULTS], None),
        ([ADULTS, ADULTS | {"failure": "2 false matches"}], "unequal adult female Asian"),
        ([ADULTS, ADULTS | {"promised": False, "failure": ""}], None),
        ([ADULTS | {"promised": False}], "no-groups"),
        ([ADULTS | {"fmr": None}], "no-groups"),
        ([{"group": "x", "promised": True, "fmr": {}}, {}], "no-groups"),
        ([{"group": "x", "promised": True, "fmr": {"errors": 0}}], "unequal x"),
        ([], "no-groups"),
        (None, "no-groups"),
        ("adults", "no-groups"),
        (["adults"], "no-groups"),
        ([ADULTS, "adults"], None),
        ([ADULTS | {"failure": "2"}], "unequal adult female Asian"),
        ([ADULTS, {"group": "of PAD alone", "promised": True, "failure": "9"}], "unequal of PAD alone"),
    ],
)
def test_t25_a_record_that_fails_a_group_or_measured_none_vouches_for_no_face(
    shipped: EvaluationRecord, groups: list[dict[str, Any]], weakness: str | None
) -> None:
    moment = datetime.fromisoformat(shipped.created)
    assert weakness_of(replace(shipped, groups=groups), "1e-4", moment=moment) == weakness


@pytest.mark.requirement("S9.2-03", "S9.2-05")
def test_t25_a_record_from_before_pad_gives_its_threshold_and_vouches_for_no_face(
    shipped: EvaluationRecord,
) -> None:
    moment = datetime.fromisoformat(shipped.created)
    assert weakness_of(shipped, "1e-4", moment=moment) is None
    assert weakness_of(replace(shipped, pad=None), "1e-4", moment=moment) == "pad-not-measured"
