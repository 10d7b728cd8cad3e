// Every function that the host calls, with its inside throwing: the request succeeds, and the failure is counted.
import http, { type IncomingMessage } from "node:http";
import {
  context,
  DiagLogLevel,
  diag,
  type ProxyTracerProvider,
  propagation,
  SpanKind,
  trace,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  NoopSpanProcessor,
  type SpanProcessor,
  type TracerProvider,
} from "@opentelemetry/sdk-trace";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Exchange } from "../../src/exchange.ts";
import { HealthCounts } from "../../src/health/counts.ts";
import { DEFAULTS } from "../../src/options/options.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { AskableHosts } from "../../src/trust/trust.ts";
import { createAnswerCodec } from "../../src/wire/answer-codec.ts";
import { breaking, KeptFragments, KeptSpans, ManualClock, remoteContext } from "../support/sdk.ts";
import { listen, plainService, request, type WireResponse } from "../support/sdk-http.ts";
import { type Replacements, type RunningParts, startParts } from "../support/sdk-parts.ts";
import { closedPort } from "../support/sockets.ts";
import { trusting } from "../support/trust.ts";

const ASK_ID = "00f067aa0ba902b7";
const ASK = { "x-error-tree": `v=1, id="${ASK_ID}", from="test"` };

/** A service that calls a failing one by node:http and by fetch, and makes a whole answer of both. */
async function startService(): Promise<number> {
  const leaf = await plainService(500, "leaf", ["x-error-tree: internal"]);
  const url = `http://127.0.0.1:${leaf.port}/`;
  const server = http.createServer(async (_, res) => {
    const byHttp = await new Promise<string>((resolve, reject) => {
      http.get(url, (answer) => void text(answer).then(resolve, reject)).on("error", reject);
    });
    const byFetch = await (await fetch(url)).text();
    res.setHeader("content-type", "text/plain");
    res.end(`whole: ${byHttp} ${byFetch}`);
  });
  return listen(server);
}

async function text(stream: IncomingMessage): Promise<string> {
  let out = "";
  for await (const chunk of stream) out += chunk;
  return out;
}

/** The answer to an ask of a service whose parts are replaced so. */
async function answered(replaced: Replacements): Promise<{ response: WireResponse; parts: RunningParts }> {
  const parts = startParts(replaced);
  const response = await request(await startService(), "/", ASK);
  return { response, parts };
}

class BrokenExchanges extends WeakMap<object, Exchange> {
  override get(): Exchange | undefined {
    throw new Error("get broke");
  }
}

class BrokenHosts extends AskableHosts {
  override has(): boolean {
    throw new Error("has broke");
  }
}

const noop: SpanProcessor = new NoopSpanProcessor();
const ending: SpanProcessor = {
  onStart: () => {},
  onEnding: () => {
    throw new Error("onEnding broke");
  },
  onEnd: () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
};

test("with nothing broken the same service answers its ask, and nothing is counted", async () => {
  const { response, parts } = await answered({});
  expect([response.status, response.body]).toEqual([200, "whole: leaf leaf"]);
  const value = response.field("x-error-tree") as string;
  expect(createAnswerCodec().decode(value, ASK_ID, "GET")).toMatchObject({ tree: { root: { count: 1 } } });
  expect(parts.health.snapshot().internal_errors).toBeUndefined();
});

describe("the request succeeds and the failure is counted when what throws is", () => {
  test.each<[string, Replacements]>([
    ["the user's sampler", { sampler: breaking(new AlwaysOffSampler(), "shouldSample") }],
    ["inject of the user's propagator", { propagator: breaking(new W3CTraceContextPropagator(), "inject") }],
    [
      "extract of the user's propagator",
      { propagator: breaking(new W3CTraceContextPropagator(), "extract") },
    ],
    ["our part of inject", { hosts: new BrokenHosts() }],
    ["our part of extract", { exchanges: new BrokenExchanges() }],
    ["the pipeline at a span's start", { pipeline: (c) => breaking(c, "spanStarted") }],
    ["the pipeline at a span's end", { pipeline: (c) => breaking(c, "spanEnded") }],
    ["onStart of a wrapped processor", onEverySpan(breaking(noop, "onStart"))],
    ["onEnd of a wrapped processor", onEverySpan(breaking(noop, "onEnd"))],
    ["onEnding of a wrapped processor", onEverySpan(ending)],
    ["trust, when a request starts", { trust: breaking(trusting("loopback"), "refusal") }],
    ["the hooks, when a head is written", { hooks: (c) => breaking(c, "answerAtHead") }],
    ["the codec, when a head is written", { codec: breaking(createAnswerCodec(), "encode") }],
    ["the codec, when an answer arrives", { codec: breaking(createAnswerCodec(), "decode") }],
    ["the pipeline, when an answer arrives", { calls: (c) => breaking(c, "responded") }],
    ["the pipeline, when a call is looked up", { calls: (c) => breaking(c, "operationOf") }],
  ])("%s", async (_, replaced) => {
    const { response, parts } = await answered(replaced);
    expect([response.status, response.body]).toEqual([200, "whole: leaf leaf"]);
    expect(parts.health.snapshot().internal_errors).toBeGreaterThan(0);
  });

  function onEverySpan(processor: SpanProcessor): Replacements {
    return { sampler: new AlwaysOnSampler(), processors: [processor] };
  }

  test("the pipeline, when calls by node:http and by fetch break", async () => {
    const parts = startParts({ calls: (c) => breaking(c, "broke") });
    const url = `http://127.0.0.1:${await closedPort()}/`;
    const server = http.createServer(async (_, res) => {
      const byHttp = await new Promise((resolve) => {
        http.get(url).on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
      });
      const byFetch = await fetch(url).catch((error: Error) => error.name);
      res.end(`whole: ${byHttp} ${byFetch}`);
    });
    const response = await request(await listen(server), "/", ASK);
    expect([response.status, response.body]).toEqual([200, "whole: ECONNREFUSED TypeError"]);
    expect(parts.health.snapshot().internal_errors).toBe(2);
  });

  test("fields of the user's propagator", () => {
    const { health } = startParts({ propagator: breaking(new W3CTraceContextPropagator(), "fields") });
    expect(propagation.fields()).toEqual(["x-error-tree"]);
    expect(health.snapshot().internal_errors).toBe(1);
  });

  test("what the sweep hands fragments to", () => {
    const clock = new ManualClock();
    const health = new HealthCounts();
    const { redact: _redact, ...bounds } = DEFAULTS;
    const pipeline = new Pipeline(bounds, {
      exports: breaking(new KeptFragments(), "decide"),
      health,
      clock,
      readTrailers: () => undefined,
    });
    const parts = startParts({ pipeline: () => pipeline });
    const tracer = trace.getTracer("test");
    // A request: jobs have no such limit.
    const span = tracer.startSpan("request", { kind: SpanKind.SERVER });
    const step = tracer.startSpan("step", {}, trace.setSpan(context.active(), span));
    step.setStatus({ code: 2 });
    step.end();
    clock.advance(DEFAULTS.fragmentTimeoutMs);
    expect(health.snapshot()).toMatchObject({ internal_errors: 1, fragments_timed_out: 1 });
    clock.advance(DEFAULTS.fragmentTimeoutMs);
    expect(health.snapshot().internal_errors).toBe(1);
    span.end();
    expect(parts.health.snapshot()).toEqual({});
  });

  test("what takes the progress of a job, and the requests behind it are finished all the same", () => {
    const clock = new ManualClock();
    const health = new HealthCounts();
    const { redact: _redact, ...bounds } = DEFAULTS;
    const exports = breaking(new KeptFragments(), "progress");
    const pipeline = new Pipeline(bounds, { exports, health, clock, readTrailers: () => undefined });
    startParts({ pipeline: () => pipeline });
    const tracer = trace.getTracer("test");
    const job = tracer.startSpan("job");
    const step = tracer.startSpan("step", {}, trace.setSpan(context.active(), job));
    step.setStatus({ code: 2 });
    step.end();
    tracer.startSpan("request", { kind: SpanKind.SERVER });
    clock.advance(DEFAULTS.fragmentTimeoutMs);
    expect(health.snapshot()).toMatchObject({ internal_errors: 1, fragments_timed_out: 1 });
  });
});

describe("forceFlush and shutdown resolve, and the failure is counted, when what throws is", () => {
  test.each<[string, Replacements]>([
    ["the pipeline", { pipeline: (c) => breaking(c, "flush", "shutdown") }],
    ["the export side", { exports: (e) => breaking(e, "forceFlush", "shutdown") }],
  ])("%s", async (_, replaced) => {
    const { processor, health } = startParts(replaced);
    await expect(processor.forceFlush()).resolves.toBeUndefined();
    expect(health.snapshot().internal_errors).toBe(1);
    await expect(processor.shutdown()).resolves.toBeUndefined();
    expect(health.snapshot().internal_errors).toBe(2);
  });

  test("what unsubscribes the channels, or the pipeline: the exporter is shut down all the same", async () => {
    for (const replaced of [{ onShutdown: fail }, { pipeline: (c: Pipeline) => breaking(c, "shutdown") }]) {
      const { processor, exporter, health } = startParts(replaced);
      await processor.shutdown();
      expect(health.snapshot().internal_errors).toBe(1);
      expect(exporter.shutdowns).toBe(1);
    }
  });

  test("the pipeline: what waits in the queue is flushed all the same", async () => {
    const { processor, exporter } = startParts({ pipeline: (c) => breaking(c, "flush") });
    const span = trace.getTracer("test").startSpan("job", {}, remoteContext());
    span.setStatus({ code: 2 });
    span.end();
    await processor.forceFlush();
    expect(exporter.spans.map(({ name }) => name)).toEqual(["job"]);
  });

  test("the user's exporter", async () => {
    const { processor, health } = startParts({
      exporter: breaking(new KeptSpans(), "forceFlush", "shutdown"),
    });
    await expect(processor.forceFlush()).resolves.toBeUndefined();
    await expect(processor.shutdown()).resolves.toBeUndefined();
    expect(health.snapshot().internal_errors).toBe(2);
  });

  test("a wrapped processor's forceFlush", async () => {
    const { health } = startParts({ processors: [breaking(noop, "forceFlush")] });
    const provider = trace.getTracerProvider() as ProxyTracerProvider;
    const { forceFlush } = provider.getDelegate() as TracerProvider;
    await forceFlush.call(provider.getDelegate()).catch(() => undefined);
    expect(health.snapshot().internal_errors).toBe(1);
  });

  test("a wrapped processor's shutdown: those behind it are shut down all the same", async () => {
    let closed = false;
    const other = Object.assign(new NoopSpanProcessor(), {
      shutdown: async () => {
        closed = true;
      },
    });
    const { sdk, health } = startParts({ processors: [breaking(noop, "shutdown"), other] });
    let thrown: unknown;
    try {
      await sdk.shutdown();
    } catch (error) {
      thrown = error;
    }
    expect({ closed, counted: health.snapshot().internal_errors }, String(thrown)).toEqual({
      closed: true,
      counted: 1,
    });
  });

  function fail(): never {
    throw new Error("unsubscribe broke");
  }
});

test("a logger that throws does no harm either, and each kind of trouble is logged once", async () => {
  const told: string[] = [];
  const fail = (text: string): void => {
    if (!text.startsWith("otel-error-tree")) return;
    told.push(text);
    throw new Error("the log is full");
  };
  diag.setLogger({ warn: fail, error: fail, info: fail, debug: fail, verbose: fail }, DiagLogLevel.WARN);
  onTestFinished(() => diag.disable());
  const { response, parts } = await answered({ hooks: (c) => breaking(c, "answerAtHead") });
  await request(await startService(), "/", ASK);
  expect([response.status, response.body]).toEqual([200, "whole: leaf leaf"]);
  expect(parts.health.snapshot().internal_errors).toBeGreaterThan(1);
  expect(told.filter((text) => text.includes("answerAtHead broke"))).toHaveLength(1);
});

test("an answer that the program copied stays out of a head that we fail to write", async () => {
  startParts({ hooks: (c) => breaking(c, "answerAtHead") });
  const server = http.createServer((req, res) => {
    if (req.url === "/set") res.setHeader("x-error-tree", "internal");
    const copied = { "x-error-tree": "internal", "content-type": "text/plain" };
    res.writeHead(200, req.url === "/set" ? {} : copied).end("whole");
  });
  const port = await listen(server);
  for (const path of ["/set", "/object"]) {
    const response = await request(port, path);
    expect([response.status, response.body]).toEqual([200, "whole"]);
    expect(response.field("x-error-tree")).toBeUndefined();
  }
});

test("an answer that the program copied is removed also if its request was not tracked", async () => {
  startParts({ trust: breaking(trusting("loopback"), "refusal") });
  const server = http.createServer((_, res) => {
    res.writeHead(200, { "x-error-tree": "internal" }).end("whole");
  });
  const response = await request(await listen(server), "/", ASK);
  expect([response.status, response.body]).toEqual([200, "whole"]);
  expect(response.field("x-error-tree")).toBeUndefined();
});
