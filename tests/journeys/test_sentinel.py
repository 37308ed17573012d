"""Redis behind Sentinel: broker, cache and limits find the master, and go on when another one is (O13)."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.cache.backends.redis import RedisCache
from django.test import override_settings
from redis import Redis
from redis.exceptions import RedisError

from authsvc.core.redis_servers import Watched, client
from authsvc.limits.counting import Cost
from authsvc.limits.in_redis import RedisCounters
from authsvc.management import health
from config.settings.parts.storage import shared_memory
from devtools.stack.services import free_port
from tests.unit.config.process import clean, production, python

pytestmark = [pytest.mark.needs("redis"), pytest.mark.requirement("S9.4-14")]
PASSWORD, ASKED = "of-the-server", "of-the-watchers"
COST = Cost("a-place", most=100, length=60_000)
# A worker as the settings describe it: Celery's own, with nothing of this product but those.
WORKER = """
import json, pathlib, sys
from celery import Celery
told = json.loads(pathlib.Path("told.json").read_text())
app = Celery("failing_over", broker=told["url"], broker_transport_options=told["options"])
app.conf.update(broker_connection_timeout=2, worker_hijack_root_logger=False, task_ignore_result=True)

@app.task
def note(name):
    pathlib.Path(name).touch()
"""
SAYS = """
import json
from django.conf import settings
said = {"url": settings.CELERY_BROKER_URL, "options": settings.CELERY_BROKER_TRANSPORT_OPTIONS}
print(json.dumps(said))
"""


@dataclass(frozen=True)
class Watch:
    """Two servers, of which one is the master, and two who watch them."""

    url: str
    servers: dict[int, "subprocess.Popen[bytes]"]

    def master(self) -> int:
        """Return the master's port, as Sentinel has it."""
        known = Watched.of(self.url)
        found = []
        for host, port in known.watchers:
            with Redis(host=host, port=port, password=ASKED, decode_responses=True) as asked:
                found.append(int(asked.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "visor")[1]))
        return found[0] if len(set(found)) == 1 else 0


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not _quietly(true):
        assert time.monotonic() < end, "it did not become so"
        time.sleep(0.1)


def _quietly(true: Callable[[], bool]) -> bool:
    try:
        return true()
    except (RedisError, OSError):
        return False


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    first, second, *watchers = (free_port() for _ in range(4))
    usual = ["--bind", "127.0.0.1", "--save", "", "--requirepass", PASSWORD, "--masterauth", PASSWORD]
    with ExitStack() as things:
        servers = {
            port: _started(things, tmp_path / str(port), "--port", str(port), *usual, *more)
            for port, more in ((first, []), (second, ["--replicaof", f"127.0.0.1 {first}"]))
        }
        with Redis(port=second, password=PASSWORD, socket_timeout=2) as replica:
            until(lambda: replica.info("replication")["master_link_status"] == "up")
        for port in watchers:
            file = tmp_path / str(port) / "sentinel.conf"
            file.parent.mkdir()
            file.write_text(
                f"port {port}\nbind 127.0.0.1\nrequirepass {ASKED}\nsentinel sentinel-pass {ASKED}\n"
                f"sentinel monitor visor 127.0.0.1 {first} 2\nsentinel auth-pass visor {PASSWORD}\n"
                "sentinel down-after-milliseconds visor 1000\nsentinel failover-timeout visor 4000\n"
            )
            _started(things, file.parent, str(file), "--sentinel")
        one, other = (f"127.0.0.1:{port}" for port in watchers)
        told = f"?master=visor&sentinel_password={ASKED}"
        made = Watch(f"sentinel://:{PASSWORD}@{one}/1;sentinel://{other}{told}", servers)
        until(lambda: made.master() == first)
        for port in watchers:
            until(partial(_knows_all, port))
        yield made


def _spent(counters: RedisCounters) -> bool:
    counters.spend([COST], 60_000)
    return True


def _knows_all(port: int) -> bool:
    with Redis(port=port, password=ASKED, decode_responses=True) as asked:
        known: Any = asked.sentinel_master("visor")
    return known["num-slaves"] == 1 and known["num-other-sentinels"] == 1


def _started(things: ExitStack, folder: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    folder.mkdir(exist_ok=True)
    program = shutil.which("redis-server")
    assert program is not None
    with (folder / "log").open("wb") as log:
        made = subprocess.Popen([program, *arguments], cwd=folder, stdout=log, stderr=log)
    things.callback(made.wait)
    things.callback(made.kill)
    return made


@pytest.fixture
def told(watch: Watch, tmp_path: Path) -> dict[str, Any]:
    """What a production process of this address tells Celery."""
    ran = python(SAYS, **{**production(tmp_path, "web"), "VISOR_BROKER_URL": watch.url})
    assert ran.returncode == 0, ran.stderr
    said: dict[str, Any] = json.loads(ran.stdout)
    (tmp_path / "told.json").write_text(ran.stdout)
    return said


@pytest.fixture
def worker(told: dict[str, Any], tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Queue a task that notes a name; a worker of its own does it."""
    (tmp_path / "failing_over.py").write_text(WORKER)
    # Celery looks for Django's settings where they are named.
    env = {name: value for name, value in clean().items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-m", "celery", "-A", "failing_over", "worker", "--pool", "solo"]
    ask = [sys.executable, "-c", "import sys, failing_over; failing_over.note.delay(sys.argv[1])"]

    def queued(name: str) -> bool:
        asked = subprocess.run([*ask, name], env=env, cwd=tmp_path, check=False, timeout=60)
        return asked.returncode == 0

    with (tmp_path / "worker.log").open("wb") as log:
        running = subprocess.Popen(
            [*command, "--without-gossip"], env=env, cwd=tmp_path, stdout=log, stderr=log
        )
    try:
        yield lambda name: until(partial(queued, name))
    finally:
        running.kill()
        running.wait()


def test_o13_broker_cache_and_limits_go_on_with_another_master(
    watch: Watch, worker: Callable[[str], None], tmp_path: Path
) -> None:
    counters, described = RedisCounters(watch.url), shared_memory(watch.url)
    cache: Any = RedisCache(described["LOCATION"], {"OPTIONS": described["OPTIONS"]})
    first = watch.master()
    cache.set("count", 0)
    counters.spend([COST], 60_000)
    assert cache.incr("count") == 1
    assert client(watch.url).exists("{visor:limit}:a-place")
    with override_settings(BROKER_URL=watch.url):
        assert health._queue().state == "good"
    worker("before")
    until((tmp_path / "before").exists, 40)
    with Redis(port=first, password=PASSWORD, db=1) as server:
        assert server.wait(1, 2000) == 1, "the replica has it all"

    watch.servers[first].kill()
    until(lambda: watch.master() not in {0, first})

    until(lambda: cache.incr("count") >= 2)
    until(lambda: _spent(counters))
    assert int(client(watch.url).hget("{visor:limit}:a-place", "count") or 0) == 2, "it was counted on"
    with override_settings(BROKER_URL=watch.url):
        assert health._queue().state == "good"
    worker("after")
    until((tmp_path / "after").exists, 40)


@pytest.mark.parametrize("address", ["sentinel://one:26379", "sentinel://:26379?master=visor"])
def test_an_address_without_the_masters_name_or_a_host_is_none(address: str) -> None:
    with pytest.raises(ValueError, match="sentinel://HOST"):
        Watched.of(address)
