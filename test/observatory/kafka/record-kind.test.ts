// What a record of Kafka holds is recognised by its bytes: those of a real Collector, of the SDK, and of lines of events.
import { JsonTraceSerializer, ProtobufMetricsSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import fc from "fast-check";
import { expect, test } from "vitest";
import { kindOf } from "../../../src/observatory/kafka/record-kind.ts";
import { COLLECTOR_METRICS, COLLECTOR_TRACES } from "../intake/collector-bytes.ts";

test.each([
  ["traces of a Collector", COLLECTOR_TRACES, "traces"],
  ["metrics of a Collector", COLLECTOR_METRICS, "metrics"],
  ["traces in JSON", Buffer.from('{"resourceSpans":[]}'), "traces-json"],
  [
    "traces in JSON of the SDK",
    Buffer.from(JsonTraceSerializer.serializeRequest([]) as Uint8Array),
    "traces-json",
  ],
  ["metrics in JSON", Buffer.from('\n { "resource_metrics" : []}'), "metrics-json"],
  ["an event", Buffer.from('{"node":"a","token":"t"}'), "events"],
  ["an event behind an empty line", Buffer.from('\n{"node":"a","token":"t"}'), "events"],
  ["text", Buffer.from("nonsense"), "events"],
  ["nothing", Buffer.alloc(0), "events"],
])("%s", (_, value, kind) => {
  expect(kindOf(value)).toBe(kind);
});

test("metrics of the SDK", () => {
  const metrics = { resource: resourceFromAttributes({ "service.name": "a" }), scopeMetrics: [] };
  expect(kindOf(Buffer.from(ProtobufMetricsSerializer.serializeRequest(metrics) as Uint8Array))).toBe(
    "metrics",
  );
});

test("any bytes are something", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(["events", "traces", "metrics", "traces-json", "metrics-json"]).toContain(
        kindOf(Buffer.from(bytes)),
      );
    }),
  );
});
