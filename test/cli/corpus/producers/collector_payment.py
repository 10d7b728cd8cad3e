"""The callee: reads the context of its caller from the environment, fails by an error that wraps another one."""
import os
from opentelemetry import propagate
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind

provider = TracerProvider(resource=Resource.create({"service.name": "payment"}))
for url in os.environ["OTLP_URLS"].split():
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=url)))
tracer = provider.get_tracer("producer")
caller = propagate.extract({"traceparent": os.environ["TRACEPARENT"]})


def charge(order):
    try:
        return {"total": 5}[order]
    except KeyError as error:
        raise RuntimeError("the order cannot be charged") from error


try:
    with tracer.start_as_current_span("POST /charge", context=caller, kind=SpanKind.SERVER, attributes={"http.request.method": "POST", "http.route": "/charge", "http.response.status_code": 500}):
        with tracer.start_as_current_span("charge"):
            charge("sum")
except RuntimeError:
    pass
provider.shutdown()
