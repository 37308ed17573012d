"""The port for those who watch: probes and counts, and nothing else."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.test import Client, override_settings
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.parser import text_string_to_metric_families

from authsvc.core.measures import count_ended, count_face
from authsvc.limits.limit import TooMany, forget_counts
from authsvc.limits.register import SIGN_INS
from config import watching
from config.measured import Stored
from devtools.stack.services import free_port
from tests.unit.config.process import python


@contextmanager
def watched(port: int, **given: bool) -> Iterator[None]:
    """Let this process be watched at a port; it works as long as `given["works"]` says so."""
    with override_settings(WATCH_ADDRESS=f"127.0.0.1:{port}", ROLES=["worker"]):
        watching.begin(lambda: given["works"])
        try:
            yield
        finally:
            stop_listening()


def stop_listening() -> None:
    while watching._listening:
        _, server = watching._listening.pop()
        server.shutdown()
        server.server_close()


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=8) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as problem:
        return problem.code, problem.read().decode()


def test_a_process_says_whether_it_works() -> None:
    port = free_port()
    given = {"works": True}
    with override_settings(WATCH_ADDRESS=f"127.0.0.1:{port}", ROLES=[]):
        watching.begin(lambda: given["works"])
    try:
        assert ask(port, "/live") == ask(port, "/serving") == (200, '{"process": true}')
        given["works"] = False
        assert ask(port, "/live") == (503, '{"process": false}')
        assert [ask(port, path)[0] for path in ("/", "/live/x", "/t/demo/jwks")] == [404] * 3
    finally:
        stop_listening()


def test_a_port_is_one_services_alone() -> None:
    port = free_port()
    with watched(port, works=True):
        told = override_settings(WATCH_ADDRESS=f"127.0.0.1:{port}")
        with told, pytest.raises(SystemExit, match="nobody can watch"):
            watching.begin(lambda: True)


def test_whoever_forked_has_nothing_of_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    with watched(port, works=True):
        watching.leave()
        assert ask(port, "/live")[0] == 200
        server = watching._listening[0][1]
        monkeypatch.setattr(watching, "getpid", lambda: 0)
        server.shutdown()
        watching.leave()
        assert server.fileno() == -1
        watching._listening.clear()


def test_nobody_listens_where_no_address_is_told() -> None:
    watching.begin(lambda: True)
    assert watching._listening == []


def test_what_is_counted_is_told_in_prometheus_words() -> None:
    port = free_port()
    with watched(port, works=True):
        status, text = ask(port, "/metrics")
    names = {family.name for family in text_string_to_metric_families(text)}
    assert status == 200
    assert {"visor_http_requests", "visor_attempts", "visor_stage_seconds"} <= names


def sample(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        ("/healthz", "healthz", "2xx"),
        ("/t/nobody-of-this-name/me/", "t/<slug:tenant>/me/", "4xx"),
        ("/something/that/is/not/here", "none", "4xx"),
    ],
)
def test_a_request_is_counted_by_its_route_and_never_by_its_path(
    path: str, route: str, status: str, client: Client
) -> None:
    before = sample("visor_http_requests_total", route=route, status=status)
    client.get(path)
    assert sample("visor_http_requests_total", route=route, status=status) == before + 1
    assert sample("visor_http_request_seconds_count", route=route) > 0
    assert not any("nobody-of-this-name" in str(each.labels) for each in all_samples())


def all_samples() -> list:
    return [each for family in REGISTRY.collect() for each in family.samples]


def test_what_a_limit_refuses_is_counted() -> None:
    before = sample("visor_limit_refusals_total", limit="sign-ins-address")
    forget_counts()
    with override_settings(LIMITS={"sign-ins-address": 1}):
        SIGN_INS.spend("a")
        with pytest.raises(TooMany):
            SIGN_INS.spend("a")
    forget_counts()
    assert sample("visor_limit_refusals_total", limit="sign-ins-address") == before + 1


@pytest.mark.django_db
def test_what_was_taken_back_is_not_counted(django_capture_on_commit_callbacks) -> None:
    labels = {"kind": "authenticate", "outcome": "consumed"}
    face = {"kind": "authenticate", "outcome": "refused", "reason": "non-match"}
    before = sample("visor_attempts_total", **labels), sample("visor_faces_total", **face)
    with django_capture_on_commit_callbacks() as not_stored:
        count_ended("authenticate", "consumed")
        count_face("authenticate", "refused", "non-match", 0.5)
    assert len(not_stored) == 3
    assert (sample("visor_attempts_total", **labels), sample("visor_faces_total", **face)) == before
    with django_capture_on_commit_callbacks(execute=True):
        count_ended("authenticate", "consumed")
        count_face("authenticate", "refused", "non-match", 0.5)
    after = sample("visor_attempts_total", **labels), sample("visor_faces_total", **face)
    assert after == (before[0] + 1, before[1] + 1)


@pytest.mark.django_db
def test_the_database_says_what_waits() -> None:
    found = {family.name: family for family in Stored().collect()}
    assert found["visor_database_up"].samples[0].value == 1
    assert {each.labels["what"] for each in found["visor_waiting"].samples} == {
        "samples", "deliveries", "events",
    }  # fmt: skip
    assert json.dumps([each.value for each in found["visor_workers"].samples]) == "[0]"


COUNTS = "from authsvc.core.measures import REFUSALS; REFUSALS.labels('a-limit').inc(2)"
MAKES = (
    "import os; from config.counts import FOLDER, shared_folder; shared_folder(); print(os.environ[FOLDER])"
)


def test_processes_of_a_service_count_together_and_also_those_that_have_ended(tmp_path: Path) -> None:
    for _ in range(2):
        assert python(COUNTS, PROMETHEUS_MULTIPROC_DIR=str(tmp_path)).returncode == 0
    together = CollectorRegistry()
    MultiProcessCollector(together, path=str(tmp_path))
    assert together.get_sample_value("visor_limit_refusals_total", {"limit": "a-limit"}) == 4


def test_the_folder_of_counts_goes_with_whoever_made_it(tmp_path: Path) -> None:
    made = Path(python(MAKES, TMPDIR=str(tmp_path)).stdout.strip())
    assert made.parent == tmp_path
    assert not made.exists()
    given = python(MAKES, TMPDIR=str(tmp_path), PROMETHEUS_MULTIPROC_DIR=str(tmp_path)).stdout.strip()
    assert given == str(tmp_path)
    assert tmp_path.exists()
