"""Redis by its address: one server, or the master that Sentinel names at the time.

    redis://:PASSWORD@HOST:6379/0      rediss:// with TLS
    sentinel://:PASSWORD@ONE:26379/0;sentinel://TWO:26379;sentinel://THREE:26379?master=NAME

The password and the number are the server's. After the `?`, which stands once and last: `master`, what
Sentinel calls it; `sentinel_username` and `sentinel_password`, where Sentinel asks for one; `ssl_ca_certs`,
`ssl_certfile`, `ssl_keyfile` and their like as redis-py calls them: with any of these all speak TLS.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

SENTINEL: Final = "sentinel://"
_SCHEMES: Final = ("redis://", "rediss://", SENTINEL)
_PORT: Final = 26379
_WATCHED: Final = "sentinel_"


def is_redis(url: str) -> bool:
    """Tell whether an address names Redis."""
    return url.startswith(_SCHEMES)


def is_sentinel(url: str) -> bool:
    """Tell whether an address names those who know where Redis is."""
    return url.startswith(SENTINEL)


@dataclass(frozen=True)
class Watched:
    """A master that Sentinel watches: who is asked, its name, and how to get in at either."""

    watchers: tuple[tuple[str, int], ...]
    master: str
    broker: str
    server: Mapping[str, Any]
    asking: Mapping[str, Any]
    tls: Mapping[str, str]

    @classmethod
    def of(cls, url: str) -> "Watched":
        """Read an address. Raises ValueError for one without a host or a master's name."""
        address, _, query = url.partition("?")
        parts = [urlsplit(part) for part in address.split(";")]
        said = dict(parse_qsl(query))
        watchers = tuple((part.hostname or "", part.port or _PORT) for part in parts)
        if not all(host for host, _ in watchers) or not said.get("master"):
            raise ValueError("a Sentinel's address names a host, and the master: sentinel://HOST?master=NAME")
        first = parts[0]
        server = {
            "db": int(first.path.strip("/") or 0),
            "username": first.username,
            "password": first.password,
        }
        return cls(
            watchers,
            said["master"],
            address,
            {name: unquote(given) if isinstance(given, str) else given for name, given in server.items()},
            {name.removeprefix(_WATCHED): value for name, value in said.items() if name.startswith(_WATCHED)},
            {name: value for name, value in said.items() if name.startswith("ssl_")},
        )

    def pool(self, **options: Any) -> ConnectionPool:
        """Return connections to whichever server is the master when they are opened."""
        secured = {"ssl": True, **self.tls} if self.tls else {}
        patience = {name: value for name, value in options.items() if name.startswith("socket_")}
        asking = {**patience, **self.asking, **secured, "retry": Retry(NoBackoff(), 0)}
        sentinel = Sentinel(self.watchers, sentinel_kwargs=asking)  # type: ignore[no-untyped-call]
        return SentinelConnectionPool(self.master, sentinel, **self.server, **secured, **options)  # type: ignore[no-untyped-call]


def client(url: str, **options: Any) -> Redis:
    """Return a client of the server at an address; `options` are redis-py's."""
    if is_sentinel(url):
        return Redis.from_pool(Watched.of(url).pool(**options))
    return Redis.from_url(url, **options)


class WatchedPool:
    """What Django's cache makes its connections by, where Sentinel knows the server."""

    @staticmethod
    def from_url(url: str, **options: Any) -> ConnectionPool:
        """Return the connections."""
        return Watched.of(url).pool(**options)
