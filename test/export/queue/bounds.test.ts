// The bounds of the queue: spans and bytes, what goes first when it is full, and how honest the estimate of bytes is.

import { createRequire } from "node:module";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { AlwaysOnSampler, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import type { QueuedFragment } from "../../../src/export/queue/held-fragment.ts";
import { DEFAULTS } from "../../../src/options/options.ts";
import { estimatedBytes } from "../../../src/spans/span-bytes.ts";
import { bytesOf, fragmentOf, queueOf, spanOf } from "../../support/queue.ts";
import { KeptSpans } from "../../support/sdk.ts";

/** Names of the fragments that go out of a queue of so many spans, after they came in this order. */
async function survivors(maxQueuedSpans: number, fragments: readonly QueuedFragment[]): Promise<string[]> {
  const { queue, exporter } = queueOf({ exporter: new KeptSpans(), maxQueuedSpans });
  for (const fragment of fragments) queue.add(fragment);
  await queue.forceFlush();
  return [...new Set(exporter.spans.map(({ name }) => name.replace(/\.\d+$/, "")))];
}

const handled = (name: string, spans = 1) => fragmentOf(name, spans, { verdict: "handled" });
const rejected = (name: string, spans = 1) => fragmentOf(name, spans, { verdict: "rejected" });
const failed = (name: string, spans = 1) => fragmentOf(name, spans);

describe("a full queue", () => {
  test("drops the oldest handled fragment first", async () => {
    const fragments = [failed("f1"), handled("h1"), rejected("r1"), handled("h2"), failed("f2")];
    expect(await survivors(4, fragments)).toEqual(["f1", "r1", "h2", "f2"]);
  });

  test("drops what was answered well like what was handled", async () => {
    const fragments = [
      failed("f1"),
      fragmentOf("ok", 1, { verdict: "ok" }),
      handled("h1"),
      failed("f2"),
      failed("f3"),
    ];
    expect(await survivors(4, fragments)).toEqual(["f1", "h1", "f2", "f3"]);
  });

  test("drops a handled one before an older rejected one", async () => {
    expect(await survivors(2, [rejected("r1"), handled("h1"), failed("f1")])).toEqual(["r1", "f1"]);
  });

  test("drops the oldest rejected one when nothing handled is left", async () => {
    const fragments = [failed("f1"), rejected("r1"), rejected("r2"), failed("f2"), failed("f3")];
    expect(await survivors(4, fragments)).toEqual(["f1", "r2", "f2", "f3"]);
  });

  test("drops the oldest failed one when nothing else is left", async () => {
    expect(await survivors(3, [failed("f1"), failed("f2"), failed("f3"), failed("f4")])).toEqual([
      "f2",
      "f3",
      "f4",
    ]);
  });

  test("takes no handled fragment where only failed ones could go for it", async () => {
    expect(await survivors(2, [failed("f1"), failed("f2"), handled("h1"), rejected("r1")])).toEqual([
      "f1",
      "f2",
    ]);
  });

  test("drops nothing for one that would not fit all the same", async () => {
    expect(await survivors(5, [failed("f1", 4), handled("h1"), handled("h2", 2)])).toEqual(["f1", "h1"]);
    expect(await survivors(5, [failed("f1", 4), failed("f2", 6)])).toEqual(["f1"]);
  });

  test("drops as many as it takes, of each verdict in turn", async () => {
    const fragments = [failed("f1", 2), handled("h1"), rejected("r1"), handled("h2"), failed("f2", 4)];
    expect(await survivors(6, fragments)).toEqual(["f1", "f2"]);
  });

  test("is full by bytes, too", async () => {
    const fragments = [1, 2, 3].map((i) => fragmentOf(`${i}`, 1, { spans: [spanOf("x".repeat(1000))] }));
    const maxQueuedBytes = 2 * bytesOf(fragments[0] as QueuedFragment);
    const { queue, exporter, health } = queueOf({ exporter: new KeptSpans(), maxQueuedBytes });
    for (const fragment of fragments) queue.add(fragment);
    expect(queue.held).toMatchObject({ fragments: 2, bytes: maxQueuedBytes });
    expect(health.snapshot()).toEqual({ fragments_dropped: 1, spans_dropped: 1 });
    await queue.forceFlush();
    expect(exporter.spans.length).toBe(2);
    expect(queue.held).toEqual({ fragments: 0, spans: 0, bytes: 0, represents: 0 });
  });

  test("holds 16 MiB where nothing is said", () => {
    const { queue, health } = queueOf({ maxQueuedSpans: DEFAULTS.maxQueuedSpans });
    const mebibyte = (): QueuedFragment =>
      fragmentOf("", 1, { spans: [spanOf("x".repeat(1024 * 1024 - estimatedBytes(spanOf(""))))] });
    for (let i = 0; i < 16; i++) queue.add(mebibyte());
    expect(health.snapshot()).toEqual({});
    queue.add(mebibyte());
    expect(health.snapshot()).toEqual({ fragments_dropped: 1, spans_dropped: 1 });
  });

  test.each([
    [1, 65_536],
    [32, 65_536],
    [1_000, 2_048_000],
  ])("of %i spans holds %i bytes", (maxQueuedSpans, bytes) => {
    const { queue, health } = queueOf({ maxQueuedSpans });
    const name = (more: number): string => "x".repeat(bytes + more - estimatedBytes(spanOf("")));
    queue.add(fragmentOf("", 1, { spans: [spanOf(name(0))] }));
    expect(queue.held).toMatchObject({ fragments: 1, bytes });
    const { queue: other } = queueOf({ maxQueuedSpans });
    other.add(fragmentOf("", 1, { spans: [spanOf(name(1))] }));
    expect(other.held.fragments).toBe(0);
    expect(health.snapshot()).toEqual({});
  });

  test("counts fragments, spans and what they stood for, and tells of it once", () => {
    const { queue, health } = queueOf({ maxQueuedSpans: 5 });
    const told: string[] = [];
    health.once = (topic) => void told.push(topic);
    queue.add(fragmentOf("a", 3, { represents: 7 }));
    queue.add(fragmentOf("b", 3, { represents: 1 }));
    queue.add(fragmentOf("c", 2));
    queue.add(fragmentOf("d", 1));
    expect(health.snapshot()).toEqual({
      fragments_dropped: 2,
      spans_dropped: 6,
      represents_dropped: 8,
    });
    expect(new Set(told).size).toBe(1);
    expect(queue.held).toMatchObject({ fragments: 2, spans: 3, represents: 0 });
  });

  test("has room again when an export has taken what waited", async () => {
    const { queue, health } = queueOf({ exporter: new KeptSpans(), maxQueuedSpans: 2 });
    for (let i = 0; i < 10; i++) {
      queue.add(fragmentOf(`${i}`, 2));
      await queue.forceFlush();
    }
    expect(health.snapshot()).toEqual({ fragments_exported: 10, spans_exported: 20 });
  });

  test("stays within its bounds while an export hangs: what is being sent counts, and is not dropped", async () => {
    const { queue, exporter, health, timing } = queueOf({ maxQueuedSpans: 4 });
    queue.add(handled("sending", 2));
    await timing.advance(100);
    for (let i = 0; i < 100; i++) {
      queue.add(failed(`${i}`, 2));
      expect(queue.held.spans).toBe(4);
    }
    expect(health.snapshot()).toEqual({ fragments_dropped: 99, spans_dropped: 198 });
    await exporter.fail();
    expect(queue.held.spans).toBe(4);
    queue.add(failed("last", 2));
    expect(health.snapshot()).toMatchObject({ fragments_dropped: 100 });
    await timing.advance(1000);
    // The handled one went first when it was in line again.
    expect(exporter.names.at(-1)).toEqual(["99.0", "99.1"]);
  });

  test("takes in fragments as fast with a long line as with a short one", () => {
    const { queue, health } = queueOf({ maxQueuedSpans: 20_000 });
    for (let i = 0; i < 20_000; i++) queue.add(failed("", 1));
    for (let i = 0; i < 60_000; i++) queue.add(fragmentOf("", 1, { spans: [spanOf("x")] }));
    expect(health.snapshot()).toMatchObject({ fragments_dropped: 60_000 });
    expect(queue.held.fragments).toBe(20_000);
  });
});

describe("the estimated bytes of a span", () => {
  const fromSdk = createRequire(createRequire(import.meta.url).resolve("@opentelemetry/sdk-node"));
  const fromExporter = createRequire(fromSdk.resolve("@opentelemetry/exporter-trace-otlp-proto"));
  const { ProtobufTraceSerializer } = fromExporter("@opentelemetry/otlp-transformer");

  /** Bytes that OTLP takes for one more span like this. */
  function otlpBytes(make: (tracer: ReturnType<TracerProvider["getTracer"]>) => void): [number, number] {
    const kept = new KeptSpans();
    const provider = new TracerProvider({
      sampler: new AlwaysOnSampler(),
      spanProcessors: [new SimpleSpanProcessor({ exporter: kept })],
    });
    make(provider.getTracer("test"));
    const [span] = kept.spans;
    if (span === undefined) throw new Error("no span");
    const size = (spans: readonly unknown[]): number =>
      ProtobufTraceSerializer.serializeRequest(spans).byteLength;
    return [estimatedBytes(span), size([span, span]) - size([span])];
  }

  test.each<[string, Parameters<typeof otlpBytes>[0]]>([
    ["that is bare", (tracer) => tracer.startSpan("GET").end()],
    [
      "of an HTTP server",
      (tracer) => {
        const span = tracer.startSpan("GET /orders/:id", {
          kind: SpanKind.SERVER,
          attributes: {
            "http.request.method": "GET",
            "http.route": "/orders/:id",
            "http.response.status_code": 500,
            "url.path": "/orders/17",
            "url.scheme": "http",
            "server.address": "orders.internal",
            "server.port": 8080,
            "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64)",
            "network.protocol.version": "1.1",
          },
        });
        span.setStatus({ code: SpanStatusCode.ERROR, message: "the table is gone" });
        span.end();
      },
    ],
    [
      "with an exception",
      (tracer) => {
        const span = tracer.startSpan("query");
        span.recordException(new Error("the table is gone"));
        span.end();
      },
    ],
    [
      "with a link and lists",
      (tracer) => {
        const other = tracer.startSpan("other").spanContext();
        const span = tracer.startSpan("job", {
          links: [{ context: other, attributes: { "link.kind": "retry" } }],
          attributes: { ids: [1, 2, 3, 4, 5], names: ["one", "two", "three"], flags: [true, false] },
        });
        span.end();
      },
    ],
  ])("%s is near what OTLP takes", (_, make) => {
    const [estimated, measured] = otlpBytes(make);
    expect(estimated).toBeGreaterThan(measured * 0.7);
    expect(estimated).toBeLessThan(measured * 1.4);
  });

  test("looks into lists and maps, not without end", () => {
    const deep = { a: { b: { c: { d: { e: "x".repeat(1000) } } } } };
    const ring: Record<string, unknown> = {};
    ring.ring = ring;
    const bytes = (value: unknown) => estimatedBytes(spanOf("", { attributes: { v: value as never } }));
    expect(bytes({ a: { b: "x".repeat(1000) } })).toBeGreaterThan(1000);
    expect(bytes(new Uint8Array(1000))).toBeGreaterThan(1000);
    expect(bytes(deep)).toBeLessThan(1000);
    expect(bytes(ring)).toBeLessThan(1000);
    expect(bytes(undefined)).toBeLessThan(200);
    expect(bytes(null)).toBeLessThan(200);
  });
});
