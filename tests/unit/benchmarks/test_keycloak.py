"""Beside Keycloak: ratios are of rounds, and what cannot be compared is said and not made up."""

import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks import keycloak as suite
from benchmarks.figures import Figure, table
from benchmarks.load import Run
from benchmarks.sides import keycloak as side


def rounds(*rates: float) -> list[Run]:
    return [Run(rate=rate) for rate in rates]


def test_a_ratio_is_the_mean_of_its_rounds_and_has_an_aim() -> None:
    runs = {"PAR": {"Visor": rounds(200, 400, 100), "Keycloak": rounds(100, 200, 50)}}
    [figure] = suite.ratios(runs, "Keycloak", {"PAR": "≥ 2.5"})
    assert figure.value == pytest.approx(2)
    assert figure.between == pytest.approx((2, 2))
    assert figure.holds is False


def test_an_interval_stands_beside_its_mean() -> None:
    shown = table([Figure("PAR", 2.0, "×", "≥ 1", (1.5, 2.66))])
    assert "× (1.5 to 2.66)" in shown
    assert shown.endswith("holds")


def test_without_java_nothing_is_compared_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert list(suite.measure()) == []
    assert "Java is missing" in capsys.readouterr().out


def test_another_distribution_than_the_reviewed_one_is_not_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(side, "FOLDER", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    (tmp_path / f"keycloak-quarkus-dist-{side.VERSION}.zip").write_bytes(b"another")
    with ExitStack() as stack, pytest.raises(RuntimeError, match="hash"):
        side.keycloak(tmp_path, stack)
