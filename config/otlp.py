"""Spans of attempts, by OpenTelemetry; loaded where VISOR_TRACE_URL is told (requirements/tracing.txt)."""

import hashlib
from collections.abc import Mapping
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags, set_span_in_context
from opentelemetry.trace.status import StatusCode

_FROM: Final = 500  # statuses that are a fault of ours


class Spans:
    """Where this process's spans go."""

    def __init__(self, exporter: SpanExporter, roles: str) -> None:
        self._provider = TracerProvider(resource=Resource({SERVICE_NAME: f"visor-{roles or 'command'}"}))
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("visor")

    def write(
        self, name: str, transaction: str, *, began: int, said: Mapping[str, str | int], served: bool
    ) -> None:
        """Write a span of an attempt that ends now and `began` at a time in nanoseconds of the epoch."""
        span = self._tracer.start_span(
            name,
            context=set_span_in_context(NonRecordingSpan(_attempt(transaction))),
            kind=SpanKind.SERVER if served else SpanKind.CONSUMER,
            attributes=said,
            start_time=began,
        )
        if int(said.get("http.response.status_code", 0)) >= _FROM:
            span.set_status(StatusCode.ERROR)
        span.end()

    def flush(self) -> None:
        """Send what waits."""
        self._provider.force_flush()


def sending(url: str, roles: str) -> Spans:
    """Return spans that are sent to an address by OTLP over HTTP."""
    return Spans(OTLPSpanExporter(endpoint=url), roles)


def trace_of(transaction: str) -> int:
    """Return the number of an attempt's trace: whoever has the attempt's id finds it, in every process."""
    return int.from_bytes(hashlib.sha256(f"visor/trace/v1 {transaction}".encode()).digest()[:16])


def _attempt(transaction: str) -> SpanContext:
    """Return the attempt itself, which every span of it is below."""
    trace = trace_of(transaction)
    return SpanContext(trace, trace & (2**64 - 1), is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
