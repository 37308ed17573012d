"""Prometheus itself, with what ships to be asked and the alerts that ship."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from deploy.rehearse import installation
from deploy.rehearse.networks import watched_at
from deploy.rehearse.servers import begin_unit
from deploy.rehearse.stage import NotAsTold, Stage
from deploy.rehearse.units import PROCESSES, environment

FOLDER: Final = Path(__file__).resolve().parents[1] / "monitoring"
_EVERY: Final = "2s"  # in place of 15
_SECONDS: Final = 90
_API: Final = "'http://127.0.0.1:9090/api/v1/' + sys.argv[1]"
_ASK: Final = f'python -c "import sys, urllib.request as asked; print(asked.urlopen({_API}).read().decode())"'


def _begin(stage: Stage) -> None:
    text = (FOLDER / "prometheus.yml").read_text(encoding="utf-8").replace("15s", _EVERY)
    for unit in PROCESSES:
        text = text.replace(environment(unit)["VISOR_WATCH_ADDRESS"], watched_at(unit))
    stage.write("/etc/prometheus/prometheus.yml", text)
    stage.run("""
cp deploy/monitoring/alerts.yml /etc/prometheus/
mkdir --parents /var/lib/prometheus
chown nobody: /var/lib/prometheus
""")
    files = "--config.file=/etc/prometheus/prometheus.yml --storage.tsdb.path=/var/lib/prometheus"
    program = f"/usr/bin/prometheus {files} --web.listen-address=127.0.0.1:9090"
    begin_unit(stage, "prometheus", "watch", program, user="nobody")


def all_is_well(stage: Stage) -> str:
    """Start Prometheus, and see that it hears every process, and that no alert wakes anybody."""
    _begin(stage)
    stage.run(
        f"for _ in $(seq 50); do {_ASK} targets >/dev/null 2>&1 && break; sleep 0.2; done", within="watch"
    )
    _await("processes that are not heard", lambda: _unheard(stage))
    _await("alerts that are raised", lambda: _firing(stage))
    return f"{len(PROCESSES)} processes heard"


def a_dead_worker_is_told(stage: Stage) -> str:
    """Stop the only worker until its alert is raised; it ends when the worker is back."""
    begun = time.monotonic()
    stage.run("systemctl kill --signal KILL visor-worker.service; systemctl stop visor-worker.service")
    _await("alerts that are not raised", lambda: {"VisorNoWorker"} - _firing(stage))
    told = time.monotonic() - begun
    stage.run("systemctl start visor-worker.service")
    installation.await_ready(stage)
    _await("alerts that stay raised", lambda: _firing(stage))
    return f"after {told:.0f} s"


def _unheard(stage: Stage) -> set[str]:
    targets = _asked(stage, "targets")["activeTargets"]
    heard = {each["labels"]["instance"] for each in targets if each["health"] == "up"}
    return {watched_at(unit) for unit in PROCESSES} - heard


def _firing(stage: Stage) -> set[str]:
    alerts = _asked(stage, "alerts")["alerts"]
    return {each["labels"]["alertname"] for each in alerts if each["state"] == "firing"}


def _asked(stage: Stage, what: str) -> Any:
    return json.loads(stage.run(f"{_ASK} {what}", within="watch"))["data"]


def _await(what: str, left: Callable[[], set[str]]) -> None:
    """Wait until nothing is left. Raises NotAsTold with what is."""
    end = time.monotonic() + _SECONDS
    while found := left():
        if time.monotonic() > end:
            raise NotAsTold(f"{what}: {sorted(found)}")
        time.sleep(1)
