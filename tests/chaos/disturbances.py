"""What breaks while people sign in. Each breaks something for a while, and mends it."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from random import Random
from signal import SIGKILL
from typing import Final

from tests.chaos.estate import Estate

_PIECE: Final = b"\0" * (1 << 20)
Disturbance = Callable[[Estate, Random], AbstractContextManager[str]]


@contextmanager
def killed(estate: Estate, rng: Random, *, role: str = "") -> Iterator[str]:
    """Kill a role's processes (-9), all of them or one; its supervisor starts it again."""
    role, whole = role or rng.choice(list(estate.roles)), rng.random() < 0.5
    if whole:
        estate.roles[role].kill()
    else:
        estate.roles[role].kill_one(rng)
    yield f"{role}, {'all of it' if whole else 'one process'}"


@contextmanager
def frozen(estate: Estate, rng: Random, *, role: str = "") -> Iterator[str]:
    """Stop a role's processes (SIGSTOP) for a while."""
    role = role or rng.choice(list(estate.roles))
    estate.roles[role].freeze()
    try:
        yield role
    finally:
        estate.roles[role].go_on()


@contextmanager
def redis_restarted(estate: Estate, _: Random) -> Iterator[str]:
    """Kill Redis; it comes back with what it has written to disk, if anything."""
    estate.broker.server.end(SIGKILL)
    yield estate.broker.form
    estate.broker.await_ready()


@contextmanager
def redis_frozen(estate: Estate, _: Random) -> Iterator[str]:
    """Let Redis stand still; where it is watched, another may become master."""
    server = estate.broker.server
    server.freeze()
    try:
        yield estate.broker.form
    finally:
        server.go_on()
        estate.broker.await_ready()


@contextmanager
def redis_fails_over(estate: Estate, _: Random) -> Iterator[str]:
    """Lose the master until Sentinel has made another."""
    with estate.broker.master_lost():
        yield "another master"


@contextmanager
def postgresql_restarted(estate: Estate, rng: Random) -> Iterator[str]:
    """Restart PostgreSQL, as its operator does or by a kill of all its processes."""
    assert estate.database is not None
    by_kill = rng.random() < 0.5
    if by_kill:
        estate.database.primary.server.kill()
    else:
        estate.database.restart()
    yield "killed" if by_kill else "ended"
    estate.database.await_ready()


@contextmanager
def postgresql_frozen(estate: Estate, _: Random) -> Iterator[str]:
    """Let the primary stand still."""
    assert estate.database is not None
    server = estate.database.primary.server
    server.freeze()
    try:
        yield "the primary"
    finally:
        server.go_on()


@contextmanager
def standby_promoted(estate: Estate, _: Random) -> Iterator[str]:
    """Lose the primary for good: the standby takes its place, and gets one of its own."""
    assert estate.database is not None
    estate.database.promote()
    estate.lead_to_primary()
    yield "the standby is primary"
    estate.database.follow()


@contextmanager
def disk_full(estate: Estate, _: Random) -> Iterator[str]:
    """Fill the disk of database, Redis and the product's own files."""
    assert estate.disk is not None
    filler = estate.disk / "filler"
    try:
        yield f"{_fill(filler) >> 20} MiB were free"
    finally:
        filler.unlink()


@contextmanager
def clock_wrong(estate: Estate, rng: Random) -> Iterator[str]:
    """Set the clock of one role, or of all, an hour ahead or back."""
    each, hours = list(estate.roles), rng.choice([-1, 1])
    roles = rng.choice([*([role] for role in each), each])
    for role in roles:
        estate.set_clock(role, hours)
    try:
        yield f"{', '.join(roles)} by {hours:+d} h"
    finally:
        for role in roles:
            estate.set_clock(role, 0)


@contextmanager
def network_cut(estate: Estate, rng: Random) -> Iterator[str]:
    """Cut two parties off from each other: refused at once, or silence."""
    pair = rng.choice([pair for pair in estate.wires if "commands" not in pair])
    silent = rng.random() < 0.5
    wire = estate.wires[pair]
    if silent:
        wire.silence()
    else:
        wire.cut()
    try:
        yield f"{' and '.join(pair)}, {'silence' if silent else 'refused'}"
    finally:
        wire.mend()


def _fill(path: Path) -> int:
    """Write until nothing more fits; return how much did."""
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(_PIECE):
                pass
        except OSError:
            return file.tell()
    return 0


DISTURBANCES: Final[Mapping[str, Disturbance]] = {
    "a role is killed": killed,
    "a role stands still": frozen,
    "Redis restarts": redis_restarted,
    "Redis stands still": redis_frozen,
    "Redis fails over": redis_fails_over,
    "PostgreSQL restarts": postgresql_restarted,
    "PostgreSQL stands still": postgresql_frozen,
    "the standby is promoted": standby_promoted,
    "the disk is full": disk_full,
    "a clock is wrong": clock_wrong,
    "two are cut off": network_cut,
}


SAMPLE: Final[Mapping[str, Disturbance]] = {
    "web is killed": partial(killed, role="web"),
    "a worker stands still": partial(frozen, role="worker"),
    "Redis restarts": redis_restarted,
    "web stands still": partial(frozen, role="web"),
    "a worker is killed": partial(killed, role="worker"),
}
"""What breaks in `make test`, at which no server of the test run is touched."""


def possible(estate: Estate) -> dict[str, Disturbance]:
    """Return those that an estate has the means for."""
    lacking: set[str] = set()
    if estate.broker.form != "watched":
        lacking |= {"Redis fails over"}
    if estate.disk is None or os.geteuid() != 0:
        lacking |= {"the disk is full"}
    if not estate.clocks:
        lacking |= {"a clock is wrong"}
    return {name: each for name, each in DISTURBANCES.items() if name not in lacking}
