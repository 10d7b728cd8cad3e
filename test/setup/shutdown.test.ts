// The shutdown of a NodeSDK while requests are in flight, and the process that goes on after it.
import http from "node:http";
import { context, SpanKind, trace } from "@opentelemetry/api";
import { AlwaysOffSampler, AlwaysOnSampler, type ReadableSpan } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { readErrorTree } from "../../src/program/read.ts";
import { createParts } from "../../src/setup.ts";
import { KeptSpans } from "../support/sdk.ts";
import { listen, plainService, request, type WireResponse } from "../support/sdk-http.ts";
import { SeeingProcessor, setUp, WAYS } from "../support/sdk-setup.ts";

const ASK_ID = "00f067aa0ba902b7";
const ASK = { "x-error-tree": `v=1, id="${ASK_ID}", from="test"` };
const NEVER = new AlwaysOffSampler();

/** A service whose requests wait until they are let on. */
async function waiting(
  handler: http.RequestListener = (_, res) => void res.writeHead(500).end("whole"),
): Promise<{ port: number; arrived(): Promise<void>; letOn(): void }> {
  const held: (() => void)[] = [];
  let arrived = (): void => {};
  const server = http.createServer((req, res) => {
    held.push(context.bind(context.active(), () => handler(req, res)));
    arrived();
  });
  return {
    port: await listen(server),
    arrived: () =>
      new Promise((resolve) => {
        if (held.length > 0) resolve();
        arrived = resolve;
      }),
    letOn: () => {
      for (const goOn of held.splice(0)) goOn();
    },
  };
}

function codeOf(response: WireResponse): string | undefined {
  return readErrorTree(response.field("x-error-tree") ?? "")?.root.code;
}

/** True when the promise is settled within this turn of the event loop. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  return settled;
}

describe.each(Object.keys(WAYS) as (keyof typeof WAYS)[])("%s", (way) => {
  test("a failing request in flight is answered as it was asked, and exported before the shutdown is over", async () => {
    const { sdk, exporter } = setUp(way, { sampler: NEVER });
    const service = await waiting();
    const answer = request(service.port, "/", ASK);
    await service.arrived();
    const over = sdk.shutdown();
    expect([await isSettled(over), exporter.shutdowns]).toEqual([false, 0]);
    service.letOn();
    const response = await answer;
    expect([response.status, response.body, codeOf(response)]).toEqual([500, "whole", "internal"]);
    await over;
    expect(exporter.spans.map(({ attributes }) => attributes["error_tree.unended"] ?? false)).toEqual([
      false,
    ]);
  });

  test("a head-sampled request in flight goes its normal way", async () => {
    const { sdk, exporter } = setUp(way, { sampler: new AlwaysOnSampler() });
    const service = await waiting();
    const answer = request(service.port, "/");
    await service.arrived();
    const over = sdk.shutdown();
    service.letOn();
    await answer;
    await over;
    expect(exporter.spans).toMatchObject([
      { name: "GET", attributes: { "error_tree.verdict": "failed", "error_tree.represents": 1 } },
    ]);
  });

  test("the user's processors see the requests in flight to their end", async () => {
    const own = new SeeingProcessor();
    const { sdk } = setUp(way, { sampler: new AlwaysOnSampler(), processors: [own] });
    const service = await waiting();
    const answer = request(service.port, "/");
    await service.arrived();
    const over = sdk.shutdown();
    service.letOn();
    await answer;
    await over;
    expect(own.seen).toEqual(["start GET 1", "ending GET 1", "end GET 1", "shutdown"]);
  });

  test("a request that starts after the call is hidden and removed from, not answered, not exported", async () => {
    const { sdk, exporter } = setUp(way, { sampler: NEVER });
    const service = await waiting();
    const answer = request(service.port, "/");
    await service.arrived();
    const over = sdk.shutdown();
    const seen: unknown[] = [];
    const late = http.createServer((req, res) => {
      seen.push(req.headers["x-error-tree"]);
      res.writeHead(503, { "x-error-tree": `internal;id="${ASK_ID}";s="upstream"` }).end();
    });
    const response = await request(await listen(late), "/", ASK);
    expect([response.status, response.field("x-error-tree")]).toEqual([503, undefined]);
    expect(seen).toEqual([undefined]);
    service.letOn();
    await answer;
    await over;
    expect(exporter.spans).toHaveLength(1);
  });

  test("nobody is asked any more, by requests in flight neither", async () => {
    const { sdk } = setUp(way, { sampler: NEVER });
    const upstream = await plainService(200, "fine");
    const service = await waiting((_, res) => {
      http.get({ port: upstream.port, host: "127.0.0.1" }, (from) => {
        from.resume().once("end", () => res.end());
      });
    });
    const ask = async (): Promise<void> => {
      const answer = request(service.port, "/");
      await service.arrived();
      service.letOn();
      await answer;
    };
    await ask();
    const answer = request(service.port, "/");
    await service.arrived();
    const over = sdk.shutdown();
    service.letOn();
    await answer;
    await over;
    await ask();
    expect(upstream.heads.map((head) => /^x-error-tree:/im.test(head))).toEqual([true, false, false]);
    expect(upstream.heads.every((head) => /^traceparent:/im.test(head))).toBe(true);
  });

  test("called twice it is over once", async () => {
    const { sdk, exporter } = setUp(way, { sampler: NEVER });
    const service = await waiting();
    const answer = request(service.port, "/");
    await service.arrived();
    const over = [sdk.shutdown(), sdk.shutdown()];
    service.letOn();
    await answer;
    await Promise.all(over);
    await sdk.shutdown();
    expect(exporter.spans).toHaveLength(1);
  });

  test("in the midst of a burst every failing request is exported, whole", async () => {
    const { sdk, exporter } = setUp(way, { sampler: NEVER });
    const service = await waiting((_, res) => {
      const step = trace.getTracer("test").startSpan("SELECT", { kind: SpanKind.CLIENT });
      step.setStatus({ code: 2, message: "broke" }).end();
      res.writeHead(500).end();
    });
    const answers = Array.from({ length: 50 }, () => request(service.port, "/", { connection: "close" }));
    await service.arrived();
    service.letOn();
    const over = sdk.shutdown();
    const timer = setInterval(service.letOn, 1);
    await Promise.all(answers);
    clearInterval(timer);
    await over;
    const traces = new Map<string, ReadableSpan[]>();
    for (const span of exporter.spans) {
      const { traceId } = span.spanContext();
      traces.set(traceId, [...(traces.get(traceId) ?? []), span]);
    }
    for (const spans of traces.values()) expect(spans).toHaveLength(2);
    expect(traces.size).toBeGreaterThan(0);
  });
});

test("a request whose handler waits for the shutdown does not make it wait for itself", async () => {
  const { sdk, exporter } = setUp("withErrorTree", { sampler: NEVER });
  const server = http.createServer(async (_, res) => {
    trace.getTracer("test").startSpan("step").setStatus({ code: 2, message: "broke" }).end();
    await sdk.shutdown();
    res.end("down");
  });
  const response = await request(await listen(server), "/");
  expect([response.status, response.body]).toEqual([200, "down"]);
  const told = exporter.spans.map(({ name, attributes }) => [
    name,
    attributes["error_tree.unended"] ?? false,
  ]);
  expect(told).toEqual([
    ["GET", true],
    ["step", false],
  ]);
});

test("a flush writes the summaries of what the limiter held back", async () => {
  const parts = createParts({}, { firstPerKind: 1, exportDelayMs: 60_000 });
  const exporter = new KeptSpans();
  const { TracerProvider } = await import("@opentelemetry/sdk-trace");
  const provider = new TracerProvider({
    sampler: parts.sampler(NEVER),
    spanProcessors: [parts.spanProcessor(exporter)],
  });
  const tracer = provider.getTracer("test");
  for (let i = 0; i < 5; i++) tracer.startSpan("job").setStatus({ code: 2, message: "broke" }).end();
  await provider.forceFlush();
  expect(exporter.spans.map(({ attributes }) => attributes["error_tree.represents"])).toEqual([1, 4]);
  expect(exporter.spans[1]?.attributes["error_tree.summary"]).toBe(true);
  expect(parts.counts()).toMatchObject({ trees_failed: 5, represents_written: 5 });
  await provider.forceFlush();
  expect(exporter.spans).toHaveLength(2);
  await provider.shutdown();
});
