"""Writes one failing trace by OpenTelemetry's SDK of Python: two services, an error that wraps another one.

pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http opentelemetry-exporter-zipkin-json; python python_sdk.py FOLDER
"""

import io
import sys
import time
from pathlib import Path

from google.protobuf.json_format import MessageToJson
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.zipkin.encoder import Protocol
from opentelemetry.exporter.zipkin.json.v2 import JsonV2Encoder
from opentelemetry.exporter.zipkin.node_endpoint import NodeEndpoint
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

folder = Path(sys.argv[1])
memory = InMemorySpanExporter()
console = io.StringIO()


def service(name):
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(SimpleSpanProcessor(memory))
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(out=console)))
    return provider.get_tracer("producer")


def charge(order):
    try:
        return {"total": 5}[order]
    except KeyError as error:
        raise RuntimeError("the order cannot be charged") from error


shop, payment = service("shop"), service("payment")
try:
    with shop.start_as_current_span("GET /orders/{id}", kind=SpanKind.SERVER, attributes={"http.request.method": "GET", "http.route": "/orders/{id}"}) as request:
        with shop.start_as_current_span("POST", kind=SpanKind.CLIENT, attributes={"http.request.method": "POST", "server.address": "payment", "server.port": 8080}) as call:
            with payment.start_as_current_span("POST /charge", kind=SpanKind.SERVER, attributes={"http.request.method": "POST", "http.route": "/charge", "http.response.status_code": 500}):
                time.sleep(0.01)
                charge("sum")
except RuntimeError:
    pass

spans = memory.get_finished_spans()
request = encode_spans(spans)
(folder / "otlp-python.pb").write_bytes(request.SerializeToString())
# The JSON mapping of protobuf writes ids as base64, and names of enums.
(folder / "otlp-python-protojson.json").write_text(MessageToJson(request))
(folder / "zipkin-otel-python.json").write_text(
    JsonV2Encoder().serialize(spans, NodeEndpoint())
)
(folder / "refused-console-python.json").write_text(console.getvalue())
