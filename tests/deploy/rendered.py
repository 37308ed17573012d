"""The chart as `helm template` writes it for its example; `make chart` writes tests/deploy/chart.yaml anew.

Helm takes minutes to build, so that `make test` reads what it wrote last, and fails where the chart has
changed since; `make campaign` has Helm itself write it.
"""

import hashlib
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy" / "helm" / "visor"
RENDERED = Path(__file__).with_name("chart.yaml")
HELM = ROOT / "build" / "tools" / "helm"
KUBECONFORM = ROOT / "build" / "tools" / "kubeconform"
KUBERNETES = "1.36.0"
_WITH_PODS = {"Deployment", "Job", "CronJob"}


def digest() -> str:
    """Return one hash of every file of the chart."""
    made = hashlib.sha256()
    for path in sorted(path for path in CHART.rglob("*") if path.is_file()):
        made.update(f"{path.relative_to(CHART)} {path.stat().st_size}\n".encode() + path.read_bytes())
    return made.hexdigest()


def by_helm() -> str:
    """Return what Helm writes, under the digest of what it read."""
    command = [str(HELM), "template", "visor", str(CHART), "--values", str(CHART / "example.yaml")]
    command += ["--kube-version", KUBERNETES]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return f"# Written by `make chart` from the chart {digest()}\n{done.stdout}"


@cache
def objects() -> list[dict[str, Any]]:
    """Return each object that was written; nobody changes them."""
    return list(filter(None, yaml.load_all(RENDERED.read_text(encoding="utf-8"), yaml.CSafeLoader)))


def pods() -> dict[str, dict[str, Any]]:
    """Return the template of each pod, by its component."""
    specs = [one["spec"].get("jobTemplate", one)["spec"] for one in objects() if one["kind"] in _WITH_PODS]
    templates = [one["template"] for one in specs]
    return {one["metadata"]["labels"]["app.kubernetes.io/component"]: one for one in templates}


if __name__ == "__main__":
    RENDERED.write_text(by_helm(), encoding="utf-8")
