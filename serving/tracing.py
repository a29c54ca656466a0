"""OpenTelemetry traces, where an endpoint is configured; else spans cost nothing and go nowhere.

A span a request, one for each of its stages under it. No attribute holds text of an article.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from serving.settings import Settings
from tasrih.errors import ConfigError

__all__ = ["Tracing"]


class Tracing:
    """Makes spans.

    Raises:
        ConfigError: an endpoint is configured, but the exporter is not installed.
    """

    def __init__(self, settings: Settings, *, release: str) -> None:
        self._provider = None
        self._tracer: trace.Tracer = trace.NoOpTracer()
        if settings.trace_endpoint is None:
            return
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        except ImportError as error:
            raise ConfigError(
                f"trace_endpoint: {settings.trace_endpoint} given, but the exporter is not installed; "
                "pip install 'tasrih[tracing]'"
            ) from error
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(settings.trace_share)),
            resource=Resource.create({"service.name": "tasrih", "tasrih.release": release}),
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.trace_endpoint)))
        self._tracer = self._provider.get_tracer("tasrih.serving")

    @contextmanager
    def request(self, name: str, headers: Mapping[str, str], request_id: str) -> Iterator[trace.Span]:
        """The span of a request, under the caller's own where ``traceparent`` tells it."""
        parent = TraceContextTextMapPropagator().extract(headers)
        with self._tracer.start_as_current_span(name, context=parent, kind=trace.SpanKind.SERVER) as span:
            span.set_attribute("tasrih.request_id", request_id)
            yield span

    @contextmanager
    def stage(self, name: str, **attributes: int) -> Iterator[trace.Span]:
        """A stage of the request whose span is current."""
        # An exception's message may quote the article, so the span does not record it.
        with self._tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as span:
            span.set_attributes({f"tasrih.{key}": value for key, value in attributes.items()})
            yield span

    def close(self) -> None:
        """Send what waits."""
        if self._provider is not None:
            self._provider.shutdown()
