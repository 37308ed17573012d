"""Sending what is due: side by side, to each relying party one call at a time, and within its budget."""

from collections import deque
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from threading import Lock
from time import monotonic

from authsvc.core.remembered import Remembered
from authsvc.delivery.calling import Answer, begin, conclude, make, send
from authsvc.delivery.kinds import Call, Errand, Letter
from authsvc.delivery.models import Delivery
from authsvc.delivery.outbox import due
from authsvc.tenancy.each import of_each_tenant

# Seconds: of all calls of a run to one relying party, and until a run begins no more calls.
BUDGET = 3.0
RUN = 8.0
AT_ONCE = 16
# Relying parties that lately used their budget up share half of the calls, so that the others find room.
SLOW_AT_ONCE = AT_ONCE // 2
# While calls are under way, what has become due meanwhile is looked for this often, in seconds.
LOOK = 0.5

_slow: Remembered[str, bool] = Remembered(seconds=60)
_running = Lock()


def send_due() -> int:
    """Send what is due in every tenant, and return how much arrived; takes RUN and one call at most.

    A relying party whose endpoint is slow keeps nobody else waiting: its other deliveries stay due once its
    budget is used, and no host is called twice at the same time. While a run is on in this process, another
    one does nothing.
    """
    if not _running.acquire(blocking=False):
        return 0
    try:
        return _send_due(_Run())
    finally:
        _running.release()


def _send_due(run: "_Run") -> int:
    run.look()
    if not run.lanes:
        return 0
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        while run.start(pool) or run.under_way:
            done, _ = wait(run.under_way, timeout=LOOK, return_when=FIRST_COMPLETED)
            for call in done:
                run.finish(call)
            run.look()
    return run.arrived


@dataclass
class _Lane:
    """What is due to one relying party, and how long its calls of this run have taken, in seconds.

    `ready` is the call of the first delivery, where it is made and only waits for its host.
    """

    client: str
    waiting: deque[Delivery] = field(default_factory=deque)
    used: float = 0.0
    ready: Call | Letter | Errand | None = None

    @property
    def is_slow(self) -> bool:
        """Whether this relying party has lately used its budget up."""
        return bool(_slow.get(self.client))


@dataclass(frozen=True)
class _UnderWay:
    lane: _Lane
    delivery: Delivery
    host: str


class _Run:
    """One run. Only the thread that made it speaks to the database; the pool's threads only call."""

    def __init__(self) -> None:
        self.lanes: deque[_Lane] = deque()
        self.under_way: dict[Future[Answer], _UnderWay] = {}
        self.arrived = 0
        self._seen: set[str] = set()
        self._until = monotonic() + RUN
        self._next_look = 0.0

    def look(self) -> None:
        """Give a lane to every relying party to which something is due and that had none in this run."""
        moment = monotonic()
        if not self._next_look <= moment < self._until:
            return
        self._next_look = moment + LOOK
        rows = of_each_tenant(partial(due, besides=frozenset(self._seen)), having="deliveries")
        # Whoever has waited for longest comes first, of whichever organisation.
        found = _lanes(sorted(rows, key=attrgetter("due_at")))
        self._seen |= {lane.client for lane in found}
        self.lanes.extend(found)

    def start(self, pool: ThreadPoolExecutor) -> bool:
        """Begin the calls for which there is room now; return whether anything moved on."""
        moved = False
        for _ in range(len(self.lanes)):
            if len(self.under_way) >= AT_ONCE or monotonic() >= self._until:
                break
            lane = self.lanes.popleft()
            if self._must_wait(lane):
                self.lanes.append(lane)
            else:
                moved = True
                self._begin(lane, pool)
        return moved

    def finish(self, call: Future[Answer]) -> None:
        """Note how a call ended, and give its lane another turn where its budget allows."""
        ended = self.under_way.pop(call)
        answer = call.result()
        self.arrived += conclude(ended.delivery, answer)
        ended.lane.used += answer.seconds
        if ended.lane.used >= BUDGET:
            _slow.keep(ended.lane.client, True)
        else:
            _slow.forget(ended.lane.client)
            self._again(ended.lane)

    def _must_wait(self, lane: _Lane) -> bool:
        return lane.is_slow and sum(each.lane.is_slow for each in self.under_way.values()) >= SLOW_AT_ONCE

    def _begin(self, lane: _Lane, pool: ThreadPoolExecutor) -> None:
        lane.ready = call = lane.ready or make(lane.waiting[0])
        host = call.alone_at if call else ""
        if host and any(each.host == host for each in self.under_way.values()):
            self.lanes.append(lane)
            return
        delivery, lane.ready = lane.waiting.popleft(), None
        if call and begin(delivery):
            self.under_way[pool.submit(send, call)] = _UnderWay(lane, delivery, host)
        else:
            self._again(lane)

    def _again(self, lane: _Lane) -> None:
        if lane.waiting:
            self.lanes.append(lane)


def _lanes(deliveries: Iterable[Delivery]) -> list[_Lane]:
    lanes: dict[str, _Lane] = {}
    for delivery in deliveries:
        lanes.setdefault(delivery.client_id, _Lane(delivery.client_id)).waiting.append(delivery)
    return list(lanes.values())
