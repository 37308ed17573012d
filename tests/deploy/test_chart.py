"""The chart: what Kubernetes takes, who may speak with whom, and what no pod may do."""

import json
import subprocess
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from authsvc.tenancy.open_work import WAITING
from config import roles
from tests.deploy import rendered
from tests.deploy.rendered import CHART, HELM, KUBECONFORM, RENDERED, ROOT, objects, pods

SCHEMAS = ROOT / "build" / "schemas"
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in objects() if one["kind"] == kind}


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
        role = variables.get("VISOR_ROLES", Path(variables["VISOR_SECRETS_FILE"]).stem)
        users.setdefault(role, set()).add(pod["spec"]["securityContext"]["runAsUser"])
        (secret,) = [one["secret"] for one in pod["spec"]["volumes"] if "secret" in one]
        assert secret == {"secretName": f"visor-{role}", "defaultMode": 0o440}
        assert variables["VISOR_SECRETS_FILE"] == f"/run/secrets/visor/{role}.json"
    assert set(users) == {*roles.ROLES, "migrator", "backup"}
    assert len(set.union(*users.values())) == len(users)


def chosen(policy: dict[str, Any], labels: dict[str, str]) -> bool:
    selector = policy["spec"]["podSelector"]
    others = selector.get("matchExpressions", [])
    assert {one["operator"] for one in others} <= {"NotIn"}
    return selector.get("matchLabels", {}).items() <= labels.items() and not any(
        labels[one["key"]] in one["values"] for one in others
    )


def egress(component: str) -> list[dict[str, Any]]:
    """What the policies let a pod reach."""
    labels = pods()[component]["metadata"]["labels"]
    policies = [one for one in of_kind("NetworkPolicy").values() if chosen(one, labels)]
    assert any(one["spec"]["policyTypes"] == ["Ingress", "Egress"] for one in policies)
    return [rule for one in policies for rule in one["spec"].get("egress", [])]


@pytest.mark.requirement("S9.4-14")
@pytest.mark.parametrize("component", ["worker", "sweeper", "keys"])
def test_a_worker_reaches_the_database_redis_keys_objects_and_names(component: str) -> None:
    reached = [sorted(port["port"] for port in rule["ports"]) for rule in egress(component)]
    assert sorted(reached) == [[53, 53], [5432], [6379], [8200], [9000]]
    assert not any("ipBlock" in peer for rule in egress(component) for peer in rule["to"])


@pytest.mark.requirement("S9.4-14")
@pytest.mark.parametrize("component", ["migrate", "backup"])
def test_a_command_reaches_the_database_and_names(component: str) -> None:
    reached = [sorted(port["port"] for port in rule["ports"]) for rule in egress(component)]
    assert sorted(reached) == [[53, 53], [5432]]
    assert not any("ipBlock" in peer for rule in egress(component) for peer in rule["to"])


def ingress(component: str) -> list[object]:
    """The ports that the policies let somebody ask, each by whom."""
    labels = pods()[component]["metadata"]["labels"]
    policies = [one for one in of_kind("NetworkPolicy").values() if chosen(one, labels)]
    rules = [rule for one in policies for rule in one["spec"].get("ingress", [])]
    assert all(rule["from"] and rule["ports"] for rule in rules)  # an empty one is everybody, or every port
    return sorted(port["port"] for rule in rules for port in rule["ports"])


@pytest.mark.requirement("S9.4-14")
def test_nobody_but_the_proxy_and_monitoring_asks_anything() -> None:
    serving = {"web", "portal"}
    for component in pods():
        assert ingress(component) == (["http", "watch"] if component in serving else ["watch"])


def test_probes_ask_the_port_that_is_the_probes_own() -> None:
    for component, pod in pods().items():
        (container,) = pod["spec"]["containers"]
        probes = [container[kind]["httpGet"] for kind in PROBES if kind in container]
        assert len(probes) == (0 if component in {"migrate", "backup"} else len(PROBES))
        assert {one["port"] for one in probes} <= {"watch"}
        assert [one["path"] for one in probes] in ([], ["/live", "/live", "/serving"])
        (told,) = [one["value"] for one in container["env"] if one["name"] == "VISOR_WATCH_ADDRESS"] or [""]
        ports = {one["name"]: one["containerPort"] for one in container.get("ports", [])}
        assert told == (f"0.0.0.0:{ports['watch']}" if probes else "")


def test_a_pod_says_what_it_takes() -> None:
    for pod in pods().values():
        (container,) = pod["spec"]["containers"]
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}


def test_a_worker_takes_as_many_samples_as_its_pod_has_cores_for() -> None:
    """Celery would count the node's cores, and fill them with processes that the pod has no memory for."""
    (container,) = pods()["worker"]["spec"]["containers"]
    assert container["command"][-2:] == ["--concurrency", container["resources"]["requests"]["cpu"]]


def test_copies_are_made_one_at_a_time_where_they_are_asked_for() -> None:
    (job,) = of_kind("CronJob").values()
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    volumes = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["volumes"]
    claims = [one["persistentVolumeClaim"] for one in volumes if "persistentVolumeClaim" in one]
    assert claims == [{"claimName": "visor-copies"}]


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
    (metric,) = scaler["spec"]["metrics"]
    assert metric["type"] == "External"
    asked = metric["external"]["metric"]
    assert asked["selector"]["matchLabels"].keys() == {"what"}
    assert asked["selector"]["matchLabels"]["what"] in WAITING
    # As a sweeper tells Prometheus of it.
    assert f'("{asked["name"]}"' in (ROOT / "config" / "measured.py").read_text(encoding="utf-8")
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
