"""Alerts, dashboard and page speak of what is counted, and of nothing else; each alert says what to do."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from authsvc.biometrics.types import Reason
from authsvc.core import measures
from authsvc.heartbeats.beats import PARTS
from authsvc.limits.register import LIMITS
from config import measured

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "monitoring"
PAGE = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
ALERTS = (FOLDER / "alerts.yml").read_text(encoding="utf-8")
NAMED = re.compile(r"\bvisor_[a-z_]+")
ENDINGS = re.compile(r"_(?:bucket|sum|count)$")
PERSONAL = {"tenant", "organisation", "subject", "person", "client", "address", "ip", "transaction", "name"}


def counted() -> set[str]:
    """Return the name of everything that is counted, as Prometheus knows it."""
    by_code = set(NAMED.findall(Path(measures.__file__).read_text()))
    return by_code | set(NAMED.findall(Path(measured.__file__).read_text()))


def dashboard() -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
    return panels


def asked_for(text: str) -> set[str]:
    return {ENDINGS.sub("", name) for name in NAMED.findall(text)}


def test_alerts_and_dashboard_ask_for_what_is_counted() -> None:
    queries = " ".join(target["expr"] for panel in dashboard() for target in panel.get("targets", []))
    assert asked_for(ALERTS) <= counted()
    assert asked_for(queries) <= counted()
    assert asked_for(queries) == counted(), "the dashboard shows everything"


def test_the_page_has_a_row_for_everything_that_is_counted() -> None:
    assert set(re.findall(r"^\| `(visor_[a-z_]+)` \|", PAGE, re.M)) == counted()


def test_each_alert_has_its_runbook_and_no_other_is_there() -> None:
    alerts = re.findall(r"- alert: (\w+)", ALERTS)
    assert sorted(re.findall(r"^### (Visor\w+)$", PAGE, re.M)) == sorted(alerts)
    links = re.findall(r"runbook: docs/monitoring\.md#(\w+)", ALERTS)
    assert links == [name.lower() for name in alerts]


def test_alerts_speak_of_parts_and_reasons_that_there_are() -> None:
    parts = {part for found in re.findall(r'part=~"([a-z|]+)"', ALERTS) for part in found.split("|")}
    assert parts == set(PARTS)
    reasons = {name for found in re.findall(r'reason=~"([a-z|-]+)"', ALERTS) for name in found.split("|")}
    assert reasons <= {str(reason) for reason in Reason} | {"deadline"}


def test_no_label_names_anybody() -> None:
    labels = {label for metric in vars(measures).values() for label in getattr(metric, "_labelnames", ())}
    assert labels == {"route", "status", "kind", "outcome", "reason", "stage", "limit"}
    assert labels & PERSONAL == set()
    assert all(re.fullmatch(r"[a-z-]+", limit) for limit in LIMITS)
    assert "visor_attempts" in {family.name for family in REGISTRY.collect()}


def test_the_dashboards_panels_do_not_lie_on_each_other() -> None:
    places = [panel["gridPos"] for panel in dashboard()]
    cells = [
        (x, y)
        for at in places
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(cells) == len(set(cells))
    assert len({panel["id"] for panel in dashboard()}) == len(places)


@pytest.mark.needs("promtool")
@pytest.mark.parametrize(
    "asked",
    [
        ("check", "rules", "alerts.yml"),
        ("check", "config", "prometheus.yml"),
        ("test", "rules", "alerts_test.yml"),
    ],
    ids=lambda asked: " ".join(asked),
)
def test_prometheus_takes_them(asked: tuple[str, ...]) -> None:
    done = subprocess.run(["promtool", *asked], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_is_tried() -> None:
    tried = (FOLDER / "alerts_test.yml").read_text()
    for alert in re.findall(r"- alert: (\w+)", ALERTS):
        assert re.search(rf"alertname: {alert}\n +exp_alerts:\n", tried), alert
        assert f"alertname: {alert}, exp_alerts: []" in tried, alert
