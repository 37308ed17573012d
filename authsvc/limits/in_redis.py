"""The counters in Redis, which all processes of all machines share: one script a question, so atomic.

A place is a hash of three numbers that is gone two windows after it was last used.

Each thread has a connection of its own and asks by it directly: what the library's client and pool do around
a command takes twice as long as the command (docs/adr/0453).
"""

from collections.abc import Sequence
from os import getpid
from threading import local
from typing import Any, Final, NamedTuple, cast

from redis import Connection, Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as IsCut
from redis.exceptions import NoScriptError
from redis.retry import Retry

from authsvc.core import redis_servers
from authsvc.limits.counting import Cost, Full, State

# Seconds: whoever waits for an answer waits for this too.
_PATIENCE: Final = 1.0
# In braces, so that a cluster keeps all places together and one script may look at several.
_PLACE: Final = "{visor:limit}:"


class _Script(NamedTuple):
    """A script and the name that Redis knows it by once it was sent (EVALSHA)."""

    text: str
    name: str


_SPEND: Final = """
local states = {}
for i, place in ipairs(KEYS) do
  local window, passed, length, most = string.match(ARGV[i], '(%d+) (%d+) (%d+) (%d+)')
  window, passed, length, most = tonumber(window), tonumber(passed), tonumber(length), tonumber(most)
  local kept = redis.call('HMGET', place, 'window', 'before', 'count')
  local known = tonumber(kept[1]) or window
  local before, count = tonumber(kept[2]) or 0, tonumber(kept[3]) or 0
  if window == known + 1 or window < known - 1 then
    known, before, count = window, count, 0
  elseif window > known then
    known, before, count = window, 0, 0
  end
  if before * (length - passed) + (count + 1) * length > most * length then
    return {i, before, count}
  end
  states[i] = {known, before, count + 1, length}
end
for i, place in ipairs(KEYS) do
  local state = states[i]
  redis.call('HSET', place, 'window', state[1], 'before', state[2], 'count', state[3])
  redis.call('PEXPIRE', place, 2 * state[4])
end
return 0
"""
_GIVE_BACK: Final = """
for i, place in ipairs(KEYS) do
  local kept = redis.call('HMGET', place, 'window', 'count')
  if kept[1] == ARGV[i] and tonumber(kept[2]) > 0 then
    redis.call('HINCRBY', place, 'count', -1)
  end
end
return 0
"""


class RedisCounters:
    """The counters on the Redis server of an address (authsvc/core/redis_servers.py)."""

    def __init__(self, url: str) -> None:
        never_again = Retry(NoBackoff(), 0)
        self._server = redis_servers.client(
            url, socket_connect_timeout=_PATIENCE, socket_timeout=_PATIENCE, retry=never_again
        )
        self._own = local()
        self._spend = _named(self._server, _SPEND)
        self._give_back = _named(self._server, _GIVE_BACK)

    def spend(self, costs: Sequence[Cost], at: int) -> None:
        """See Counters."""
        told = [(*divmod(at, cost.length), cost.length, cost.most) for cost in costs]
        given = [" ".join(map(str, numbers)) for numbers in told]
        answer = self._answer(self._spend, _places(costs), given)
        if answer:
            full, before, count = answer
            window, passed, *_ = told[full - 1]
            raise Full(full - 1, costs[full - 1].wait(State(window, before, count), passed))

    def give_back(self, costs: Sequence[Cost], at: int) -> None:
        """See Counters."""
        self._answer(self._give_back, _places(costs), [at // cost.length for cost in costs])

    def forget_all(self) -> None:
        """See Counters."""
        found = list(cast("list[bytes]", self._server.keys(_PLACE + "*")))
        if found:
            self._server.delete(*found)

    def _answer(self, script: _Script, places: list[str], given: Sequence[str | int]) -> Any:
        """Return what a script says of places; raises RedisError, and waits for nothing twice."""
        said: list[str | int] = [len(places), *places, *given]
        connection, was_kept = self._connection()
        try:
            return _asked(connection, "EVALSHA", script.name, *said)
        except NoScriptError:
            return _asked(connection, "EVAL", script.text, *said)
        except IsCut:
            # A server that was begun anew has cut what was kept. At worst it counted already, which fades;
            # one that is silent (TimeoutError) is not waited for again.
            if not was_kept:
                raise
            return _asked(connection, "EVAL", script.text, *said)

    def _connection(self) -> tuple[Connection, bool]:
        """Return this thread's connection, and whether it was there; a forked process makes its own."""
        kept: Connection | None = getattr(self._own, "connection", None)
        if kept is not None and kept.pid == getpid():
            return kept, True
        pool = self._server.connection_pool
        self._own.connection = made = pool.connection_class(**pool.connection_kwargs)
        return made, False


def _named(server: Redis, text: str) -> _Script:
    return _Script(text, server.register_script(text).sha)


def _asked(connection: Any, *command: str | int) -> Any:
    connection.connect()  # where it is not: only so Sentinel is asked which server is the master
    connection.send_packed_command([_packed(command)])
    return connection.read_response()


def _packed(command: Sequence[str | int]) -> bytes:
    """Return a command of ASCII words as the protocol has it; the library's way takes five times as long."""
    words = [str(word) for word in command]
    return "".join([f"*{len(words)}\r\n", *[f"${len(word)}\r\n{word}\r\n" for word in words]]).encode("ascii")


def _places(costs: Sequence[Cost]) -> list[str]:
    return [_PLACE + cost.place for cost in costs]
