"""The chart: what Kubernetes takes, who may speak with whom, and what no pod may do."""

import json
import subprocess
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from config import roles
from tests.deploy import rendered
from tests.deploy.rendered import CHART, HELM, KUBECONFORM, RENDERED, ROOT, objects

SCHEMAS = ROOT / "build" / "schemas"


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in objects() if one["kind"] == kind}


def pods() -> dict[str, dict[str, Any]]:
    """The template of each pod, by its component."""
    made = [*of_kind("Deployment").values(), *of_kind("Job").values()]
    templates = [one["spec"]["template"] for one in made]
    return {one["metadata"]["labels"]["app.kubernetes.io/component"]: one for one in templates}


@cache
def validator(kind: str, version: str) -> jsonschema.protocols.Validator:
    group, _, number = version.rpartition("/")
    name = "-".join(filter(None, (kind, group.split(".")[0], number))).lower()
    schema = json.loads((SCHEMAS / "kubernetes" / f"{name}.json").read_text(encoding="utf-8"))
    return jsonschema.Draft7Validator(schema)


def problems(one: dict[str, Any]) -> list[str]:
    found = validator(one["kind"], one["apiVersion"]).iter_errors(one)
    return [f"{one['metadata']['name']} {error.json_path}: {error.message}" for error in found]


def test_it_was_written_from_the_chart_as_it_is() -> None:
    assert rendered.digest() in RENDERED.read_text(encoding="utf-8").splitlines()[0], "make chart"


@pytest.mark.needs("schemas")
def test_kubernetes_knows_every_field() -> None:
    assert [said for one in objects() for said in problems(one)] == []
    wrong = deepcopy(next(iter(of_kind("Deployment").values())))
    wrong["spec"]["template"]["spec"]["containers"][0]["readOnlyRootFileSystem"] = True
    assert problems(wrong) != []


@pytest.mark.requirement("S9.4-14")
@pytest.mark.parametrize("component", pods())
def test_a_pod_may_do_nothing_that_it_need_not(component: str) -> None:
    pod = pods()[component]["spec"]
    (container,) = pod["containers"]
    # What Kubernetes' own level "restricted" asks, and a root that nobody writes to.
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    security = pod["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] == security["fsGroup"] >= 10_000
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["resources"]["limits"]["memory"]


def test_each_role_has_a_user_and_a_secret_of_its_own() -> None:
    users: dict[str, set[int]] = {}
    for pod in pods().values():
        variables = {one["name"]: one["value"] for one in pod["spec"]["containers"][0]["env"]}
        role = variables.get("VISOR_ROLES", "migrator")
        users.setdefault(role, set()).add(pod["spec"]["securityContext"]["runAsUser"])
        (secret,) = [one["secret"] for one in pod["spec"]["volumes"] if "secret" in one]
        assert secret == {"secretName": f"visor-{role}", "defaultMode": 0o440}
        assert variables["VISOR_SECRETS_FILE"] == f"/run/secrets/visor/{role}.json"
    assert set(users) == {*roles.ROLES, "migrator"}
    assert len(set.union(*users.values())) == len(users)


def chosen(policy: dict[str, Any], labels: dict[str, str]) -> bool:
    return policy["spec"]["podSelector"].get("matchLabels", {}).items() <= labels.items()


def egress(component: str) -> list[dict[str, Any]]:
    """What the policies let a pod reach."""
    labels = pods()[component]["metadata"]["labels"]
    policies = [one for one in of_kind("NetworkPolicy").values() if chosen(one, labels)]
    assert any(one["spec"]["policyTypes"] == ["Ingress", "Egress"] for one in policies)
    return [rule for one in policies for rule in one["spec"].get("egress", [])]


@pytest.mark.requirement("S9.4-14")
@pytest.mark.parametrize("component", ["worker", "sweeper", "keys", "migrate"])
def test_a_worker_reaches_the_database_redis_the_keys_and_names(component: str) -> None:
    reached = [sorted(port["port"] for port in rule["ports"]) for rule in egress(component)]
    assert sorted(reached) == [[53, 53], [5432], [6379], [8200]]
    assert not any("ipBlock" in peer for rule in egress(component) for peer in rule["to"])


def test_what_has_a_way_out_reaches_nothing_within() -> None:
    (out,) = [rule for rule in egress("web") if any("ipBlock" in peer for peer in rule["to"])]
    assert "10.0.0.0/8" in out["to"][0]["ipBlock"]["except"]
    assert [port["port"] for port in out["ports"]] == [443, 465, 587]


def test_migrations_go_before_the_processes_of_a_release() -> None:
    (job,) = of_kind("Job").values()
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"


def test_workers_follow_what_waits() -> None:
    (scaler,) = of_kind("HorizontalPodAutoscaler").values()
    assert scaler["spec"]["scaleTargetRef"]["name"] in of_kind("Deployment")
    assert scaler["spec"]["metrics"][0]["type"] == "External"
    worker = of_kind("Deployment")[scaler["spec"]["scaleTargetRef"]["name"]]
    assert "replicas" not in worker["spec"]  # an upgrade would set it back


def test_whoever_is_more_than_one_is_not_taken_away_at_once() -> None:
    many = {name for name, one in of_kind("Deployment").items() if one["spec"].get("replicas", 2) > 1}
    assert set(of_kind("PodDisruptionBudget")) == many


def said_by(program: Path, *told: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(program), *told], capture_output=True, text=True, check=False)


@pytest.mark.whole
@pytest.mark.needs("schemas", "helm")
def test_helm_and_kubeconform_have_nothing_to_say() -> None:
    told = [str(CHART), "--values", str(CHART / "example.yaml"), "--kube-version", rendered.KUBERNETES]
    linted = said_by(HELM, "lint", "--strict", *told)
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert rendered.by_helm() == RENDERED.read_text(encoding="utf-8"), "make chart"
    where = f"{SCHEMAS}/kubernetes/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    checked = said_by(KUBECONFORM, "-strict", "-summary", "-schema-location", where, str(RENDERED))
    assert checked.returncode == 0, checked.stdout
    assert f"Valid: {len(objects())}, Invalid: 0, Errors: 0, Skipped: 0" in checked.stdout


@pytest.mark.whole
@pytest.mark.needs("helm")
def test_without_its_addresses_nothing_is_installed() -> None:
    done = said_by(HELM, "template", "visor", str(CHART), "--kube-version", rendered.KUBERNETES)
    assert done.returncode != 0
    for said in ("/databaseUrl", "/network/database/peers", "/network/proxy", "/keys/url"):
        assert said in done.stderr
