"""That this worker is there: it says so every second, renews its sample keys, and has a queue of its own.

A thread of the worker's main process does it, so that neither a long capture nor a scheduler that stands
still lets a key run out.
"""

import logging
from collections.abc import Callable
from typing import Any, Final

from celery import current_app
from celery.signals import (
    celeryd_after_setup,
    worker_process_init,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)
from django.db import Error, connection
from kombu.entity import Exchange, Queue
from kombu.exceptions import KombuError

from authsvc.core.beat import Beat
from authsvc.core.installation import region_of
from authsvc.keys.holding import forget_gone_workers, holder
from authsvc.keys.samples import queue_of, region_queue
from authsvc.vault.outside import carry_out_due
from authsvc.vault.ownkeys import destroy_due

log = logging.getLogger(__name__)
BEAT_SECONDS: Final = 1.0
CLEAR_SECONDS: Final = 300.0
DESTROY_SECONDS: Final = 10.0
OBJECT_SECONDS: Final = 5.0
FORGET_SECONDS: Final = 30.0


class Every(Beat):
    """Does one thing again and again; what goes wrong with the database goes to the log, and it goes on."""

    def once(self) -> None:
        """Do it; a fault of ours is not hidden."""
        tried(self.act)


def tried(act: Callable[[], object]) -> None:
    """Do what the next beat can mend, should it fail."""
    try:
        act()
    except (Error, KombuError, OSError) as problem:
        log.warning("the worker cannot say that it is there: %s", type(problem).__name__)
        connection.close()


def announce() -> None:
    """Have the Celery worker that loads this say that it is there, from when it is ready until it ends."""
    celeryd_after_setup.connect(_listen)
    worker_ready.connect(_begin)
    worker_process_init.connect(_begin_forgetting)
    worker_shutting_down.connect(_stop_offering)
    worker_shutdown.connect(_leave)


_threads: list[Beat] = []


def own_queue(worker: str) -> Queue:
    """Return the queue of one worker."""
    name = queue_of(worker)
    exchange = Exchange("samples", durable=False)  # type: ignore[no-untyped-call]
    return Queue(name, exchange, routing_key=name, durable=False)  # type: ignore[no-untyped-call]


def _listen(instance: Any, **_: object) -> None:
    """Draw the seed before the pool forks, and take messages from the queue that is named after it.

    Of a named region there is a queue that its workers share.
    """
    queues = instance.app.amqp.queues
    queues.select_add(own_queue(holder().worker))
    if region := region_of("worker"):
        queues.select_add(Queue(region_queue(region)))  # type: ignore[no-untyped-call]


def _begin(**_: object) -> None:
    tried(holder().beat)
    tried(clear_up)
    _threads.extend(
        [
            Every(BEAT_SECONDS, holder().beat),
            Every(CLEAR_SECONDS, clear_up),
            Every(DESTROY_SECONDS, destroy_due),
            # Apart, so that no key waits for a store that hangs.
            Every(OBJECT_SECONDS, carry_out_due),
        ]
    )
    for thread in _threads:
        thread.start()
    log.info("worker %s opens samples from now on", holder().worker)


def _begin_forgetting(**_: object) -> None:
    """Let a process of the pool that has nothing to do forget old keys too."""
    Every(FORGET_SECONDS, holder().forget_old).start()


def _stop_offering(**_: object) -> None:
    tried(holder().stop_offering)


def _leave(**_: object) -> None:
    for thread in _threads:
        thread.stop()
        thread.join(timeout=BEAT_SECONDS)
    tried(holder().withdraw)


def clear_up() -> None:
    """Delete the queues of workers that are long gone, and what they published."""
    for worker in forget_gone_workers():
        with current_app.connection_for_write() as broker:
            queue = own_queue(worker)(broker.default_channel)
            queue.declare()  # type: ignore[no-untyped-call]
            queue.delete()  # type: ignore[no-untyped-call]
