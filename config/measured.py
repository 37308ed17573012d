"""What is counted where it is true, in the database, when Prometheus asks; and of requests, as they end.

The sweeper tells the first, as one of it is always there, and of every tenant together.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from time import perf_counter
from typing import Any, Final

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from authsvc.core.clock import now
from authsvc.core.measures import REQUEST_SECONDS, REQUESTS
from authsvc.heartbeats.beats import ages
from authsvc.keys.samples import workers_there
from authsvc.tenancy import sql
from authsvc.tenancy.open_work import WAITING, WAITING_NOW

_LOOKED_BACK: Final = timedelta(minutes=10)
_ELSEWHERE: Final = "none"
"""The route of a request that took none: nobody chooses what a label is called by what they ask for."""


def counting_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], Any]:
    """Middleware that counts and times each request by its route, as the routes' table writes it."""

    def answered(request: HttpRequest) -> HttpResponse:
        began = perf_counter()
        response = get_response(request)
        route = route_of(request)
        answers, seconds = _counted(route, response.status_code // 100)
        answers.inc()
        seconds.observe(perf_counter() - began)
        return response

    return answered


@cache
def _counted(route: str, status: int) -> tuple[Counter, Histogram]:
    """Return what counts and times a route's answers of such a status; the table of routes bounds them."""
    return REQUESTS.labels(route, f"{status}xx"), REQUEST_SECONDS.labels(route)


def route_of(request: HttpRequest) -> str:
    """Return a request's route as the table of routes writes it, once it was answered."""
    short: str | None = getattr(request, "short_route", None)
    match = request.resolver_match
    return short or (match.route if match is not None else _ELSEWHERE)


class Stored(Collector):
    """What waits, how old keys are, and who was heard of, by a few statements at each question."""

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name nothing beforehand: that would ask the database at the start."""
        yield from ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield what the database says; that it says nothing is a metric too."""
        answers = GaugeMetricFamily("visor_database_up", "Whether the database answered.")
        try:
            found = list(_stored(now()))
        except Error:
            connection.close()
            found = []
        answers.add_metric([], float(bool(found)))
        yield from [answers, *found]


def _stored(moment: datetime) -> Iterator[GaugeMetricFamily]:
    moments = {"moment": moment, "since": moment - _LOOKED_BACK, "rotated": moment}
    waits = sql.what_waits(connection, WAITING_NOW, WAITING, moments)
    _, first_key = waits.pop("keys")
    many = GaugeMetricFamily("visor_waiting", "How much waits, by kind.", labels=["what"])
    oldest = GaugeMetricFamily("visor_oldest_seconds", "Since when the oldest waits.", labels=["what"])
    for what, (count, since) in waits.items():
        many.add_metric([what], count)
        oldest.add_metric([what], _seconds(moment, since))
    yield from (many, oldest)
    yield GaugeMetricFamily(
        "visor_oldest_signing_key_seconds",
        "How long the oldest key has signed.",
        value=_seconds(moment, first_key),
    )
    yield GaugeMetricFamily("visor_workers", "Workers that offer a sample key.", value=workers_there())
    silent = GaugeMetricFamily(
        "visor_heartbeat_age_seconds", "Since when a part of the scheduled work is silent.", labels=["part"]
    )
    for part, age in ages().items():
        silent.add_metric([part], max(0.0, age))
    yield silent


def _seconds(moment: datetime, since: datetime | None) -> float:
    return 0.0 if since is None else max(0.0, (moment - since).total_seconds())
