"""An attempt is one trace, over requests and Celery, and says nothing of a person."""

from collections.abc import Iterator
from time import time_ns
from typing import Any

import pytest
from celery.signals import task_postrun, task_prerun
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from structlog.contextvars import bind_contextvars

from authsvc.transactions.models import Transaction
from config import requestids, tracing
from config.celery import IDS_HEADER
from config.otlp import Spans, trace_of
from tests.provider.browser import Browser, make_partner

SAYS = {"http.request.method", "http.route", "http.response.status_code", "visor.request"}


class Written:
    """What was written so far."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.spans = Spans(self._exporter, "web")

    def __call__(self) -> tuple[ReadableSpan, ...]:
        self.spans.flush()
        return self._exporter.get_finished_spans()


def said(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    found = Written()
    monkeypatch.setattr(tracing, "_spans", lambda _process: found.spans)
    with override_settings(TRACE_URL="http://127.0.0.1:1/v1/traces"):
        yield found
    requestids.take_up(None)


def test_without_an_address_nothing_is_traced() -> None:
    with pytest.raises(MiddlewareNotUsed):
        tracing.traced(lambda _request: HttpResponse())
    requestids.take_up({"transaction": "of-an-attempt"})
    tracing.trace_task("a.task", time_ns())
    requestids.take_up(None)


def test_requests_and_tasks_of_an_attempt_are_one_trace(written: Written) -> None:
    def begins(_request: Any) -> HttpResponse:
        bind_contextvars(transaction="an-attempt-of-ours")
        return HttpResponse(status=302)

    site = requestids.RequestIds(tracing.traced(begins))
    site(RequestFactory().get("/t/acme/authorize", {"login_hint": "ada@example.org"}))
    carried = requestids.carried()

    class Task:
        name = "authsvc.biometrics.tasks.verify_capture"
        request = type("Request", (), {IDS_HEADER: carried})()

    task_prerun.send(sender=Task, task=Task, task_id="1")
    task_postrun.send(sender=Task, task=Task, task_id="1")
    first, second = written()
    assert {span.context.trace_id for span in (first, second)} == {trace_of("an-attempt-of-ours")}
    assert first.parent.span_id == second.parent.span_id
    assert second.name == Task.name
    assert (first.start_time or 0) <= (first.end_time or 0) <= (second.end_time or 0)
    assert said(first)["visor.request"] == said(second)["visor.request"] == carried["request"]


def test_what_belongs_to_no_attempt_is_not_traced(written: Written) -> None:
    requestids.RequestIds(tracing.traced(lambda _request: HttpResponse()))(RequestFactory().get("/healthz"))
    assert written() == ()


@pytest.mark.django_db
def test_a_sign_in_is_traced_from_authorize_and_names_nobody(written: Written, tenant: Any) -> None:
    browser = Browser(tenant)
    partner = make_partner()
    asked = browser.request(partner, login_hint="ada@example.org", state="of-the-site")
    browser.http.get(browser.root + "authorize", asked)
    (span,) = written()
    attempt = Transaction.objects.unchecked().latest("created_at")
    assert span.context.trace_id == trace_of(attempt.pk)
    assert said(span)["http.route"] == "t/<slug:tenant>/authorize"
    assert said(span).keys() <= SAYS
    told = str(span.to_json())
    assert not any(word in told for word in ("ada@", "of-the-site", "127.0.0.1", attempt.pk, tenant.slug))


def test_traces_of_two_attempts_differ() -> None:
    assert trace_of("a") != trace_of("b")
