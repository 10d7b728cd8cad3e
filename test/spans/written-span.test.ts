// The copy of a span that exporters read: one object, which changes without the recorded span.
import { AlwaysOnSampler, type ReadableSpan, TracerProvider } from "@opentelemetry/sdk-trace";
import { expect, test } from "vitest";
import { WrittenSpan } from "../../src/spans/written-span.ts";

const FIELDS: readonly (keyof ReadableSpan)[] = [
  "name",
  "kind",
  "parentSpanContext",
  "startTime",
  "endTime",
  "status",
  "attributes",
  "links",
  "events",
  "duration",
  "ended",
  "resource",
  "instrumentationScope",
  "droppedAttributesCount",
  "droppedEventsCount",
  "droppedLinksCount",
];

function recorded(startTime = 1_000.5, endTime = 2_500): ReadableSpan {
  const tracer = new TracerProvider({ sampler: new AlwaysOnSampler(), spanProcessors: [] }).getTracer("test");
  const span = tracer.startSpan("GET /", { kind: 1, startTime, attributes: { "http.route": "/" } });
  span.addEvent("cache miss", { key: "a" }).setStatus({ code: 2, message: "broke" }).end(endTime);
  return span as unknown as ReadableSpan;
}

function dataOf(span: ReadableSpan): unknown {
  return structuredClone([
    span.spanContext(),
    FIELDS.filter((field) => field !== "resource").map((field) => span[field]),
  ]);
}

test("it says what the recorded span says", () => {
  const span = recorded();
  const written = new WrittenSpan(span);
  expect(dataOf(written)).toEqual(dataOf(span));
  expect(written.resource).toBe(span.resource);
});

test("a copy of a copy has all fields of its own", () => {
  const written = new WrittenSpan(new WrittenSpan(new WrittenSpan(recorded())));
  expect(Object.keys(written).toSorted()).toEqual([...FIELDS].toSorted());
});

test("whatever is changed on it, the span that it was copied from stays as it was", () => {
  for (const span of [recorded(), new WrittenSpan(recorded())]) {
    const before = dataOf(span);
    const written = new WrittenSpan(span);
    written.markSampled();
    written.setParent("00f067aa0ba902b7");
    written.addAttributes({ "http.route": "/other", "error_tree.forced": true });
    written.kind = 0;
    written.status = { code: 0 };
    written.endAt([3, 0]);
    expect(dataOf(written)).not.toEqual(before);
    expect(dataOf(span)).toEqual(before);
  }
});

test("its parent keeps trace and flags, and can be taken away", () => {
  const written = new WrittenSpan(recorded());
  const { traceId, traceFlags } = written.spanContext();
  written.setParent("00f067aa0ba902b7");
  expect(written.parentSpanContext).toMatchObject({
    traceId,
    traceFlags,
    spanId: "00f067aa0ba902b7",
    isRemote: true,
  });
  written.setParent(undefined);
  expect(written.parentSpanContext).toBeUndefined();
});

test.each([
  ["later, within the second", [5, 100], [5, 900], [5, 900], [0, 800]],
  ["later, with fewer nanoseconds", [5, 999_999_999], [7, 1], [7, 1], [1, 2]],
  ["at its start", [5, 100], [5, 100], [5, 1_100], [0, 1_000]],
  ["before its start", [5, 100], [4, 0], [5, 1_100], [0, 1_000]],
  ["at its start, which is the end of a second", [5, 999_999_999], [5, 0], [6, 999], [0, 1_000]],
] as const)("one that ends %s has a duration", (_, start, end, endTime, duration) => {
  const written = new WrittenSpan({
    ...recorded(),
    spanContext: recorded().spanContext,
    startTime: [...start],
  });
  written.endAt([...end]);
  expect([written.endTime, written.duration, written.ended]).toEqual([endTime, duration, true]);
});
