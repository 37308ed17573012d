"""Which queue what work waits in, who takes it, and that a part is heard of once it has worked."""

import re
from types import SimpleNamespace

import pytest
from celery.signals import task_success
from honcho.environ import parse_procfile

from authsvc.heartbeats import beats
from authsvc.heartbeats.beats import PARTS, ages
from config.celery import KEYS_QUEUE, PROVIDER_QUEUE, SAYS, SHOWS, app
from devtools.demo.run import PROCFILE

ROTATES = "authsvc.oidc.tasks.rotate_signing_keys"


def queue_of(task: str) -> str:
    return str(app.amqp.router.route({}, task)["queue"].name)


def test_o08_keys_are_made_where_nothing_else_waits() -> None:
    assert queue_of(ROTATES) == KEYS_QUEUE
    scheduled = {str(entry["task"]) for entry in app.conf.beat_schedule.values()}
    assert [task for task in scheduled if queue_of(task) == KEYS_QUEUE] == [ROTATES]
    assert queue_of("authsvc.oidc.tasks.end_sessions") == PROVIDER_QUEUE


def test_each_queue_of_scheduled_work_is_taken_in_the_demo_and_says_so() -> None:
    commands = list(parse_procfile(PROCFILE.read_text()).processes.values())
    taken = {
        queue
        for command in commands
        for found in re.findall(r"--queues (\S+)", command)
        for queue in found.split(",")
    }
    scheduled = {queue_of(str(entry["task"])) for entry in app.conf.beat_schedule.values()}
    assert scheduled <= taken
    assert scheduled | {"portal"} == SHOWS.keys() | SAYS.keys()
    assert {*SHOWS.values(), *SAYS.values(), "sweeper"} == set(PARTS)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("queue", "heard"), [(PROVIDER_QUEUE, {"scheduler"}), ("celery", set()), ("", set())]
)
def test_o06_a_task_that_was_done_says_that_its_part_is_at_work(queue: str, heard: set[str]) -> None:
    beats._due.clear()
    task = type("Task", (), {"request": SimpleNamespace(delivery_info={"routing_key": queue})})
    task_success.send(sender=task, result=None)
    assert ages().keys() == heard
