"""Making rows in processes beside this one, while the database stores those before."""

import gc
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, Final, TypeVar

Job = TypeVar("Job")
Made = TypeVar("Made")
_AHEAD: Final = 2
"""So many jobs a process are made or wait to be stored: each holds some megabytes."""
_maker: dict[str, Callable[[Any], Any]] = {}


def made_beside(make: Callable[[Job], Made], jobs: Iterable[Job]) -> Iterator[Made]:
    """Yield what each job makes, in the order of the jobs; `make` asks nothing of the database.

    The processes are forks: what `make` refers to is not sent to them.
    """
    count = os.cpu_count() or 1
    forking = get_context("fork")
    with ProcessPoolExecutor(count, mp_context=forking, initializer=_begin, initargs=(make,)) as makers:
        ahead: deque[Future[Made]] = deque()
        for job in jobs:
            ahead.append(makers.submit(_make, job))
            if len(ahead) > count * _AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _begin(make: Callable[[Any], Any]) -> None:
    _maker["make"] = make
    # What was there before is not looked through again and again, which would copy all of it.
    gc.freeze()


def _make(job: Any) -> Any:
    return _maker["make"](job)
