"""`manage.py sweeper`: the process that holds every life limit, apart from scheduler, deliveries and keys.

It runs with `VISOR_ROLES=provider`, one or more of it; more than one do no harm. Each kind of its work has a
thread, so that none waits for another.
"""

import signal
from argparse import ArgumentParser
from collections.abc import Callable
from threading import Event
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from authsvc.audit.ageing import prune_daily
from authsvc.capture.sweeping import sweep_overdue
from authsvc.core.beat import Beat
from authsvc.core.clock import now
from authsvc.heartbeats.beats import heard
from authsvc.management.tasks import erase_what_is_over
from authsvc.tenancy.sweeping import erase_over
from config import retention, watching
from config.measured import Stored
from config.safety import UnsafeSettings, refuse_unsafe_database, refuse_wide_credential

OFTEN: Final = 5.0
RETENTION: Final = 60.0
REFERENCES: Final = 3600.0
LOGS: Final = 86_400.0


def sweep() -> None:
    """Hold every life limit, and say that somebody does."""
    sweep_overdue()
    heard("sweeper")


def erase_by_register() -> None:
    """Delete what the register of retention says is over."""
    erase_over(now())


WORK: Final[tuple[tuple[str, float, Callable[[], object]], ...]] = (
    ("the sweep", OFTEN, sweep),
    ("retention", RETENTION, erase_by_register),
    ("erasure of references", REFERENCES, erase_what_is_over),
    ("pruning of the log", LOGS, prune_daily),
)


class Command(BaseCommand):
    """Sweeps until it is stopped."""

    help = "Hold every life limit: erase what is over, until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to do all of it once and end."""
        parser.add_argument("--once", action="store_true", help="do all of it once, and end")

    def handle(self, *_: Any, once: bool, **__: Any) -> None:
        """Start a beat for each kind of work, and wait."""
        _refuse_unfit()
        retention.load()
        beats = [Beat(seconds, act, name=name, at_once=True) for name, seconds, act in WORK]
        if once:
            for beat in beats:
                beat.act()
            return
        stopped = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        for beat in beats:
            beat.start()
        watching.begin(lambda: all(beat.is_alive() for beat in beats), [Stored()])
        stopped.wait()
        for beat in beats:
            beat.stop()
            beat.join(timeout=OFTEN)


def _refuse_unfit() -> None:
    if settings.ROLES and "provider" not in settings.ROLES:
        raise CommandError("the sweeper runs with VISOR_ROLES=provider")
    try:
        refuse_wide_credential(production=settings.PRODUCTION)
        refuse_unsafe_database(production=settings.PRODUCTION)
    except UnsafeSettings as problem:
        raise CommandError(str(problem)) from None
