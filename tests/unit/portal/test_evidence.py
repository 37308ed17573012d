"""The evidence screen: what was measured by group, and whether faces count by it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from authsvc.biometrics.records.manifest import stages_version
from authsvc.biometrics.records.record import EvaluationRecord
from authsvc.core.clock import now
from authsvc.management import evaluations
from authsvc.management.evaluations import face_records, in_force
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S5.2-04", "S9.2-03")]
POINT = {
    "threshold": 0.5,
    "fmr": 2e-5,
    "fmr_interval": [0.0, 1e-4],
    "fnmr": 0.019,
    "fnmr_interval": [0.01, 0.03],
}
GROUP = {
    "group": "adult female Asian",
    "people": 150,
    "promised": True,
    "failure": "",
    "fta": {"errors": 2, "compared": 150, "low": 0.0016, "high": 0.047},
    "fmr": {"errors": 1, "compared": 8_094, "low": 0.0, "high": 6.9e-4},
    "fnmr": None,
    "bpcer": {"errors": 4, "compared": 120, "low": 0.0092, "high": 0.083},
}
ATTACK = {
    "species": "flat-print",
    "claimed": True,
    "apcer": {"errors": 5, "compared": 300, "low": 0.0054, "high": 0.038},
    "failure": "",
}
PERSON = {
    "species": "bona-fide",
    "bpcer": {"errors": 7, "compared": 300, "low": 0.0094, "high": 0.048},
    "failure": "",
}
PAD = {"measured": [], "attacks": [ATTACK], "people": [PERSON]}


def record(**changes: Any) -> EvaluationRecord:
    given: dict[str, Any] = {
        "id": "2026-01-02-measured",
        "engine": "sface:1",
        "stages": stages_version(),
        "dataset": "photographs",
        "created": (now() - timedelta(days=20)).isoformat(),
        "counts": {},
        "points": {"1e-4": POINT},
        "groups": [GROUP],
        "pad": PAD,
    }
    return EvaluationRecord(**given | changes)


@pytest.fixture
def _scope(tenant: Tenant) -> Iterator[None]:
    with tenant_scope(tenant.id):
        yield


def given(monkeypatch: pytest.MonkeyPatch, *records: EvaluationRecord) -> None:
    monkeypatch.setattr(evaluations, "evaluation_records", lambda: list(records))


@pytest.mark.usefixtures("_scope")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Counts for workers that run this network"),
        ({"engine": "dlib_onnx:1"}, "Of a face network that is not the chosen one"),
        ({"stages": "other"}, "Of a release that judged in another way"),
        ({"created": "2020-01-01T00:00:00+00:00"}, "More than a year old"),
        ({"points": {}}, "Not measured at the policy’s operating point"),
        (
            {"points": {"1e-4": POINT | {"fmr_interval": [2e-4, 1.0]}}},
            "Measured more false matches than the policy allows",
        ),
        ({"groups": []}, "Not measured for any group of people"),
        (
            {"groups": [GROUP | {"failure": "2 false matches"}]},
            "Some group of people is matched too often, or refused too often",
        ),
        ({"pad": None}, "Liveness was not measured with it"),
        (
            {"pad": None, "references": "sface:0"},
            "Of what a page compares itself, which is no face: for sandboxes",
        ),
        (
            {"pad": PAD | {"attacks": [ATTACK | {"failure": "9 of 100 pass"}]}},
            "Some attack passes for a person too often, or people are taken for one too often",
        ),
    ],
)
def test_a_record_says_why_no_face_counts_by_it(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], words: str
) -> None:
    given(monkeypatch, record(**changes))
    (standing,) = face_records(now())
    assert str(standing.words) == words
    assert (in_force(now()) is None) == bool(changes)


@pytest.mark.usefixtures("_scope")
def test_the_record_in_force_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    good, other = record(), record(id="newer", engine="dlib:1")
    given(monkeypatch, good, other)
    assert [one.record.id for one in face_records(now())] == [good.id, "newer"]


@pytest.mark.parametrize("created", ["", "yesterday", "2026-01-02T03:04:05"])
def test_a_record_that_does_not_tell_when_it_was_made_is_left_out(
    monkeypatch: pytest.MonkeyPatch, base: str, admin: Client, created: str
) -> None:
    given(monkeypatch, record(created=created))
    answer = admin.get(f"{base}evidence/")
    assert answer.status_code == 200
    assert "Nothing was measured" in answer.content.decode()


def test_the_screen_tells_each_groups_errors(
    monkeypatch: pytest.MonkeyPatch, base: str, admin: Client
) -> None:
    child = GROUP | {"group": "child female Asian", "promised": False}
    given(monkeypatch, record(groups=[GROUP, GROUP | {"group": "adult male Asian", "failure": "2"}, child]))
    page = admin.get(f"{base}evidence/").content.decode()
    for words in (
        "adult female Asian",
        "1 of 8094, at most 0.069\N{NO-BREAK SPACE}%",
        "matched in 0.002\N{NO-BREAK SPACE}% (at most 0.01\N{NO-BREAK SPACE}%)",
        "refused in 1.9\N{NO-BREAK SPACE}% (at most 3\N{NO-BREAK SPACE}%)",
        "Not measured",
        "Holds",
        "Fails",
        "Nothing promised",
    ):
        assert words in page
    assert "No face counts now" in page


@pytest.mark.requirement("S9.2-05")
def test_t25_the_screen_tells_the_errors_of_liveness(
    monkeypatch: pytest.MonkeyPatch, base: str, admin: Client
) -> None:
    unknown = {"species": "mask", "claimed": False, "apcer": None, "failure": ""}
    fails = PERSON | {"species": "bona-fide-smile", "failure": "6 of 100"}
    given(monkeypatch, record(pad=PAD | {"attacks": [ATTACK, unknown], "people": [PERSON, fails]}))
    page = admin.get(f"{base}evidence/").content.decode()
    for words in (
        "2 of 150, at most 4.7\N{NO-BREAK SPACE}%",
        "4 of 120, at most 8.3\N{NO-BREAK SPACE}%",
        "5 of 300, at most 3.8\N{NO-BREAK SPACE}%",
        "7 of 300, at most 4.8\N{NO-BREAK SPACE}%",
        "Not measured (0 tries)",
        "Nothing promised",
        "bona-fide-smile",
        "Fails",
    ):
        assert words in page


def test_a_record_from_before_pad_is_shown(monkeypatch: pytest.MonkeyPatch, base: str, admin: Client) -> None:
    older = {name: value for name, value in GROUP.items() if name not in {"fta", "bpcer"}}
    given(monkeypatch, record(groups=[older | {"failures_to_acquire": 0, "same": 7}], pad=None))
    page = admin.get(f"{base}evidence/").content.decode()
    assert "Liveness was not measured with it" in page
    assert "Liveness, by kind of attack" not in page


def test_the_overview_warns_before_the_evidence_ends_and_when_there_is_none(
    monkeypatch: pytest.MonkeyPatch, base: str, admin: Client
) -> None:
    given(monkeypatch, record())
    assert "evidence/" in admin.get(base).content.decode()
    assert "Evidence ends soon" not in admin.get(base).content.decode()
    given(monkeypatch, replace(record(), created=(now() - timedelta(days=360)).isoformat()))
    assert "Evidence ends soon" in admin.get(base).content.decode()
    given(monkeypatch)
    assert "No face counts" in admin.get(base).content.decode()
