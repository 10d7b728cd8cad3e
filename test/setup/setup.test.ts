// Both ways of setting up under a real NodeSDK: what the user had stays, and what failed is exported once.
import { hasSubscribers } from "node:diagnostics_channel";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { context, propagation, ROOT_CONTEXT, type Span, SpanKind, trace } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type ReadableSpan,
} from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { activeErrorTree, failRequest } from "../../src/program/active.ts";
import { readErrorTree } from "../../src/program/read.ts";
import { withErrorTree } from "../../src/setup.ts";
import { disableGlobals } from "../support/sdk.ts";
import { listen, request, type WireResponse } from "../support/sdk-http.ts";
import { startSdk } from "../support/sdk-parts.ts";
import { BY_NAME, SeeingProcessor, setUp, WAYS } from "../support/sdk-setup.ts";

const NEVER = new ParentBasedSampler({ root: new AlwaysOffSampler() });
/** Channels that the stock instrumentations do not listen to. */
const SERVER_AND_CLIENT = ["http.server.request.start", "http.client.response.finish"];
const ASK_ID = "00f067aa0ba902b7";
const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";

// No logger is set here, and what is wrong in the environment becomes a warning of the process.
vi.spyOn(process, "emitWarning").mockImplementation(() => {});

afterEach(() => {
  vi.unstubAllEnvs();
});

const tracer = (): ReturnType<typeof trace.getTracer> => trace.getTracer("test");

/** A span beneath the active one, failed where a message is given. */
function step(name: string, message?: string, kind: SpanKind = SpanKind.INTERNAL, attributes = {}): Span {
  const span = tracer().startSpan(name, { kind, attributes });
  if (message !== undefined) span.setStatus({ code: 2, message });
  span.end();
  return span;
}

/** A request to a service that asks a database, is refused there, and answers with the status of its path. */
async function requested(path: string, headers: Record<string, string> = {}): Promise<WireResponse> {
  const server = http.createServer((req, res) => {
    const status = Number(req.url?.slice(1));
    if (status >= 400) {
      step("SELECT", "no permission", SpanKind.CLIENT, {
        "db.system.name": "postgresql",
        "db.response.status_code": "42501",
      });
    } else step("SELECT", undefined, SpanKind.CLIENT, { "db.system.name": "postgresql" });
    res.writeHead(status).end("whole");
  });
  return request(await listen(server), path, headers);
}

function idsOf(spans: readonly ReadableSpan[]): string[] {
  return spans.map((span) => span.spanContext().spanId);
}

function flagsOf(spans: readonly ReadableSpan[]): number[] {
  return spans.map((span) => span.spanContext().traceFlags);
}

describe.each(Object.keys(WAYS) as (keyof typeof WAYS)[])("%s", (way) => {
  test("an unsampled request that failed is exported once, whole and with the sampled flag", async () => {
    const { sdk, exporter } = setUp(way, { sampler: NEVER });
    expect((await requested("/404")).status).toBe(404);
    await sdk.shutdown();
    expect(exporter.spans.map(({ name }) => name).sort()).toEqual(["GET", "SELECT"]);
    expect(flagsOf(exporter.spans)).toEqual([1, 1]);
    expect(exporter.batches).toHaveLength(1);
  });

  test("its local root tells verdict, origin, root cause, drift, text and fingerprint", async () => {
    const { sdk, exporter } = setUp(way, { sampler: NEVER });
    await requested("/404");
    await sdk.shutdown();
    const root = exporter.spans.find(({ kind }) => kind === SpanKind.SERVER);
    const told = Object.entries(root?.attributes ?? {}).filter(([name]) => /^(error|sampling)/.test(name));
    expect(Object.fromEntries(told)).toEqual({
      "error_tree.verdict": "failed",
      "error_tree.origin": "propagated",
      "error_tree.root_cause.service": "shop",
      "error_tree.root_cause.operation": "SELECT",
      "error_tree.root_cause.code": "permission-denied",
      "error_tree.root_cause.message": "no permission",
      "error_tree.root_cause.ambiguous": false,
      "error_tree.drift": "permission-denied -> not-found",
      "error_tree.text": expect.stringMatching(
        /^failed: shop GET not-found.*drift.*\n.*SELECT .*permission-denied.*root cause$/,
      ),
      "error_tree.fingerprint": expect.stringMatching(/^[0-9a-f]{16}$/),
      "error_tree.forced": true,
      "error_tree.decided_at": expect.stringMatching(/^\d{4}-.*Z$/),
      "error_tree.represents": 1,
      "sampling.priority": 1,
    });
    const other = exporter.spans.find(({ kind }) => kind === SpanKind.CLIENT);
    const others = Object.keys(other?.attributes ?? {}).filter((name) => /^(error|sampling)/.test(name));
    expect(others).toEqual(["sampling.priority"]);
  });

  test("its spans keep the tracestate that came, and no threshold is invented", async () => {
    const { sdk, exporter } = setUp(way, { sampler: NEVER });
    await requested("/500", { traceparent: `00-${TRACE_ID}-${ASK_ID}-00`, tracestate: "vendor=1" });
    await sdk.shutdown();
    expect(exporter.spans).toHaveLength(2);
    for (const span of exporter.spans) {
      expect(span.spanContext()).toMatchObject({ traceId: TRACE_ID, traceFlags: 1 });
      expect(span.spanContext().traceState?.serialize()).toBe("vendor=1");
    }
  });

  test("the original spans are left as they are", async () => {
    const { sdk, exporter } = setUp(way, { sampler: BY_NAME });
    const original = step("recorded only", "broke") as unknown as ReadableSpan;
    await sdk.shutdown();
    expect(exporter.spans[0]?.attributes).toHaveProperty(["error_tree.forced"], true);
    expect(original.attributes).toEqual({});
    expect(original.spanContext().traceFlags).toBe(0);
  });

  test("an unsampled request that succeeded is not exported", async () => {
    const { sdk, exporter } = setUp(way, { sampler: NEVER });
    for (let i = 0; i < 5; i++) expect((await requested("/200")).status).toBe(200);
    await sdk.shutdown();
    expect(exporter.spans).toEqual([]);
  });

  test("an unsampled request that was merely rejected, or handled a failure, is not exported", async () => {
    const { sdk, exporter } = setUp(way, { sampler: NEVER });
    await tracer().startActiveSpan("handled", async (span) => {
      step("failed", "broke");
      span.setStatus({ code: 1 });
      span.end();
    });
    const server = http.createServer((_, res) => void res.writeHead(403).end());
    await request(await listen(server), "/");
    await sdk.shutdown();
    expect(exporter.spans).toEqual([]);
  });

  test("a head-sampled request that failed is exported once, by its normal way", async () => {
    const { sdk, exporter } = setUp(way, { sampler: new AlwaysOnSampler() });
    await requested("/404");
    await sdk.shutdown();
    expect(exporter.spans.map(({ name }) => name).sort()).toEqual(["GET", "SELECT"]);
    const root = exporter.spans.find(({ kind }) => kind === SpanKind.SERVER);
    expect(root?.attributes).toMatchObject({
      "error_tree.verdict": "failed",
      "error_tree.drift": "permission-denied -> not-found",
    });
    expect(root?.attributes).not.toHaveProperty(["error_tree.forced"]);
    expect(root?.attributes).not.toHaveProperty(["sampling.priority"]);
  });

  test("of a fragment with one sampled span each span is exported once, the others by force", async () => {
    const { sdk, exporter } = setUp(way, { sampler: BY_NAME });
    const ids = tracer().startActiveSpan("not sampled root", (root) => {
      const spans = [root, step("sampled", "broke"), step("rec"), step("not sampled")];
      root.setStatus({ code: 2 });
      root.end();
      return spans.map((span) => span.spanContext().spanId);
    });
    await sdk.shutdown();
    expect(idsOf(exporter.spans).sort()).toEqual(ids.sort());
    expect(flagsOf(exporter.spans)).toEqual([1, 1, 1, 1]);
    const forced = exporter.spans.filter(({ attributes }) => attributes["error_tree.forced"] === true);
    expect(forced.map(({ name }) => name)).toEqual(["not sampled root"]);
    const priority = exporter.spans.filter(({ attributes }) => attributes["sampling.priority"] === 1);
    expect(priority.map(({ name }) => name).sort()).toEqual(["not sampled", "not sampled root", "rec"]);
  });

  test.each([
    ["", NEVER, "00"],
    ["sampled ", new AlwaysOnSampler(), "01"],
  ])("the flag of a %straceparent is what the user's sampler made it", (_, sampler, flag) => {
    setUp(way, { sampler });
    tracer().startActiveSpan("root", (span) => {
      const carrier: Record<string, string> = {};
      propagation.inject(context.active(), carrier);
      expect(carrier.traceparent?.slice(-2)).toBe(flag);
      span.end();
    });
  });

  test("the user's processors see exactly the spans that they saw before", async () => {
    const work = (): void => {
      tracer().startActiveSpan("sampled root", (root) => {
        for (const name of ["not recorded", "recorded", "sampled"]) step(name, "broke");
        root.end();
      });
      tracer().startActiveSpan("not recorded root", (root) => {
        for (const name of ["not recorded", "recorded", "sampled"]) step(name);
        root.setStatus({ code: 2 });
        root.end();
      });
    };
    const before = new SeeingProcessor();
    const plain = startSdk({ sampler: BY_NAME, spanProcessors: [before] });
    work();
    await plain.shutdown();
    disableGlobals();
    const after = new SeeingProcessor();
    const { sdk, exporter } = setUp(way, { sampler: BY_NAME, processors: [after] });
    work();
    await sdk.shutdown();
    expect(before.seen).toHaveLength(2 * 3 * 2 + 3 + 1);
    expect(after.seen).toEqual(before.seen);
    expect(
      exporter.spans.filter(({ name }) => name.startsWith("not")).map(({ attributes }) => attributes.seen),
    ).toEqual([undefined, undefined]);
  });

  test("the user's propagator stays", () => {
    const propagator = new W3CTraceContextPropagator();
    const inject = vi.spyOn(propagator, "inject");
    const extract = vi.spyOn(propagator, "extract");
    setUp(way, { sampler: NEVER, propagator });
    propagation.inject(context.active(), {});
    propagation.extract(context.active(), {});
    expect([inject.mock.calls.length, extract.mock.calls.length]).toEqual([1, 1]);
    expect(propagation.fields()).toEqual(["traceparent", "tracestate", "x-error-tree"]);
  });

  test("the user's sampler stays, and ours is the outermost", () => {
    const parts = WAYS[way]({ sampler: BY_NAME }, {}, {}, new KeptNothing());
    expect(String(parts.sampler)).toBe("ErrorTreeSampler{ByName}");
    return parts.spanProcessors?.[0]?.shutdown();
  });

  test("who asks gets the tree, and the exported spans hang beneath the ask", async () => {
    const { sdk, exporter } = setUp(way, { sampler: NEVER });
    const response = await requested("/404", {
      traceparent: `00-${TRACE_ID}-b7ad6b7169203331-00`,
      "x-error-tree": `v=1, id="${ASK_ID}", from="test"`,
    });
    expect(readErrorTree(response.field("x-error-tree") as string)).toMatchObject({
      parentSpanId: ASK_ID,
      root: {
        service: "shop",
        code: "not-found",
        exported: true,
        children: [{ code: "permission-denied", message: "no permission" }],
      },
    });
    await sdk.shutdown();
    const root = exporter.spans.find(({ kind }) => kind === SpanKind.SERVER);
    expect(root?.parentSpanContext).toMatchObject({ traceId: TRACE_ID, spanId: ASK_ID, isRemote: true });
  });

  test.each([
    [false, 0],
    [true, 2],
  ])(
    "a rejection goes out with exportRejected: %s, and is told to who asks either way",
    async (exportRejected, spans) => {
      const { sdk, exporter } = setUp(way, { sampler: NEVER }, { exportRejected });
      const traceparent = `00-${TRACE_ID}-${ASK_ID}-00`;
      const asked = await requested("/403", {
        traceparent,
        "x-error-tree": `v=1, id="${ASK_ID}", from="test"`,
      });
      const { root } = readErrorTree(asked.field("x-error-tree") as string) ?? {};
      expect(root).toMatchObject(exportRejected ? { exported: true } : { stub: { kind: "server" } });
      await sdk.shutdown();
      expect(exporter.spans).toHaveLength(spans);
      const server = exporter.spans.find(({ kind }) => kind === SpanKind.SERVER);
      expect(server?.attributes["error_tree.verdict"]).toBe(exportRejected ? "rejected" : undefined);
    },
  );

  test("a request with an ask gets no answer, no Vary and no difference where nobody is trusted", async () => {
    const { exporter, sdk } = setUp(way, { sampler: NEVER }, { trust: undefined } as never);
    const asked = await requested("/404", { "x-error-tree": `v=1, id="${ASK_ID}", from="test"` });
    expect([asked.field("x-error-tree"), asked.field("vary")]).toEqual([undefined, undefined]);
    await sdk.shutdown();
    expect(exporter.spans).toHaveLength(2);
  });

  test("shutdown sends what waits, goes on listening, and closes the exporter", async () => {
    const { sdk, exporter } = setUp(way, { sampler: NEVER }, {}, { exportDelayMs: 60_000 });
    expect(SERVER_AND_CLIENT.map((name) => hasSubscribers(name))).toEqual([true, true]);
    // The first of its kind leaves at once.
    await requested("/500");
    await requested("/500");
    expect(exporter.spans).toHaveLength(2);
    await sdk.shutdown();
    expect(SERVER_AND_CLIENT.map((name) => hasSubscribers(name))).toEqual([true, true]);
    expect(exporter.spans).toHaveLength(4);
    // Registered by hand, the user's own processor shuts it down, too.
    expect(exporter.shutdowns).toBe(way === "withErrorTree" ? 1 : 2);
  });

  test("spans and requests after shutdown are harmless, and are not exported", async () => {
    const { sdk, exporter } = setUp(way, { sampler: NEVER });
    const early = tracer().startSpan("early");
    await sdk.shutdown();
    early.setStatus({ code: 2 });
    early.end();
    step("late", "broke");
    const response = await requested("/500", { "x-error-tree": `v=1, id="${ASK_ID}", from="test"` });
    expect([response.status, response.body, response.field("x-error-tree")]).toEqual([
      500,
      "whole",
      undefined,
    ]);
    await sdk.shutdown();
    expect(exporter.spans).toEqual([]);
  });

  test("flushing sends what waits", async () => {
    const { exporter } = setUp(way, { sampler: NEVER }, {}, { exportDelayMs: 60_000 });
    step("job", "broke");
    const provider = trace.getTracerProvider() as unknown as {
      getDelegate(): { forceFlush(): Promise<void> };
    };
    await provider.getDelegate().forceFlush();
    expect(exporter.spans.map(({ name }) => name)).toEqual(["job"]);
  });
});

class KeptNothing {
  batches = [];
  shutdowns = 0;
  spans = [];
  export(): void {}
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

describe("withErrorTree", () => {
  test("leaves everything else of the configuration as it is, and the configuration itself", async () => {
    const given = {
      serviceName: "shop",
      autoDetectResources: false,
      traceExporter: new KeptNothing(),
      sampler: BY_NAME,
    };
    const copy = { ...given };
    const configured = withErrorTree(given);
    expect(given).toEqual(copy);
    expect(configured).toMatchObject({ serviceName: "shop", autoDetectResources: false });
    expect(configured).not.toHaveProperty("traceExporter");
    await configured.spanProcessors?.[0]?.shutdown();
  });

  test("the user's own processors stay in place of a traceExporter, which gets the failing requests alone", async () => {
    const own = new SeeingProcessor();
    const { sdk, exporter } = setUp("withErrorTree", { sampler: BY_NAME, processors: [own] });
    step("sampled", "broke");
    step("not sampled", "broke");
    await sdk.shutdown();
    expect(exporter.spans.map(({ name }) => name)).toEqual(["not sampled"]);
    expect(own.seen).toEqual(["start sampled 1", "ending sampled 1", "end sampled 1", "shutdown"]);
  });
});

describe("the sampler of the environment", () => {
  test.each([
    [undefined, undefined],
    ["always_on", undefined],
    ["always_off", undefined],
    ["traceidratio", "0.25"],
    ["traceidratio", "2"],
    ["traceidratio", undefined],
    ["traceidratio", "many"],
    ["parentbased_always_on", undefined],
    ["parentbased_always_off", undefined],
    ["parentbased_traceidratio", "0.25"],
    ["parentbased_traceidratio", "0"],
    ["unknown", undefined],
  ])("%s with the argument %s is the one that NodeSDK takes", async (name, argument) => {
    vi.stubEnv("OTEL_TRACES_SAMPLER", name);
    vi.stubEnv("OTEL_TRACES_SAMPLER_ARG", argument);
    const plain = startSdk({ spanProcessors: [new SeeingProcessor()] });
    const { _tracerProvider } = plain as unknown as {
      _tracerProvider: { _tracerOptions: { sampler: unknown } };
    };
    const configured = withErrorTree({ traceExporter: new KeptNothing() });
    expect(String(configured.sampler)).toBe(`ErrorTreeSampler{${_tracerProvider._tracerOptions.sampler}}`);
    await configured.spanProcessors?.[0]?.shutdown();
  });
});

describe("the propagator of the environment", () => {
  test.each([
    undefined,
    "",
    "tracecontext",
    "baggage",
    "tracecontext,baggage",
    "b3",
    "b3multi",
    " b3 , tracecontext ",
    "b3,unknown",
    "unknown",
    "none",
    "tracecontext,none",
  ])("%s is the one that NodeSDK takes", async (names) => {
    vi.stubEnv("OTEL_PROPAGATORS", names);
    const carrierOf = (): Record<string, string> => {
      const carrier: Record<string, string> = {};
      const baggage = propagation.createBaggage({ user: { value: "7" } });
      const sampled = { traceId: TRACE_ID, spanId: ASK_ID, traceFlags: 1 };
      propagation.inject(
        propagation.setBaggage(trace.setSpanContext(ROOT_CONTEXT, sampled), baggage),
        carrier,
      );
      return carrier;
    };
    startSdk({ spanProcessors: [] });
    const before = { carrier: carrierOf(), fields: propagation.fields() };
    propagation.disable();
    const configured = withErrorTree({ traceExporter: new KeptNothing() });
    startSdk(configured);
    expect(carrierOf()).toEqual(before.carrier);
    const ours = configured.textMapPropagator === null ? [] : ["x-error-tree"];
    expect(propagation.fields()).toEqual([...before.fields, ...ours]);
  });

  test("null, as the user may say, stays null: failing requests are exported all the same", async () => {
    const exporter = new KeptNothing();
    const kept: string[] = [];
    exporter.export = ((batch: ReadableSpan[], done: (result: object) => void) => {
      kept.push(...batch.map(({ name }) => name));
      done({ code: 0 });
    }) as never;
    const sdk = startSdk(
      withErrorTree(
        { traceExporter: exporter, textMapPropagator: null, sampler: NEVER },
        { trust: "loopback" },
      ),
    );
    const response = await requested("/500", { "x-error-tree": `v=1, id="${ASK_ID}", from="test"` });
    expect([response.status, response.body, response.field("x-error-tree")]).toEqual([
      500,
      "whole",
      undefined,
    ]);
    await sdk.shutdown();
    expect(kept.sort()).toEqual(["GET", "SELECT"]);
  });
});

describe("what a handler asks and says", () => {
  async function handled(handler: () => void): Promise<WireResponse> {
    setUp("withErrorTree", { sampler: NEVER });
    const server = http.createServer((_, res) => {
      let thrown = "nothing";
      try {
        handler();
      } catch (error) {
        thrown = String(error);
      }
      res.end(thrown);
    });
    return request(await listen(server), "/", { "x-error-tree": `v=1, id="${ASK_ID}", from="test"` });
  }

  test("a handler sees the tree of its request so far", async () => {
    let before: unknown = "unset";
    let after: unknown;
    await handled(() => {
      before = activeErrorTree();
      step("SELECT", "no permission");
      after = activeErrorTree();
    });
    expect(before).toBeUndefined();
    expect(after).toMatchObject({
      root: { service: "shop", code: "ok", children: [{ operation: "SELECT" }] },
      omitted: 0,
    });
  });

  test("a request that a handler calls failed is answered as failed, under its status", async () => {
    const response = await handled(() => {
      expect(failRequest(new RangeError("no seats"), "resource-exhausted")).toBe(true);
    });
    expect([response.status, response.body]).toEqual([200, "nothing"]);
    expect(readErrorTree(response.field("x-error-tree") as string)).toMatchObject({
      root: { code: "resource-exhausted", message: "no seats" },
    });
  });

  test("outside of a request there is no tree, and nothing to fail", () => {
    setUp("withErrorTree", { sampler: NEVER });
    expect(activeErrorTree()).toBeUndefined();
    expect(failRequest(new Error("broke"))).toBe(false);
  });

  test.each<[string, () => unknown]>([
    ["an object without a prototype", () => Object.create(null)],
    ["a symbol", () => Symbol("broke")],
    ["an error whose message throws", () => Object.defineProperty(new Error("x"), "message", { get: fail })],
    ["an object whose text throws", () => ({ toString: fail })],
    ["nothing", () => undefined],
  ])("a request is failed with %s as with any error", async (_, error) => {
    const response = await handled(() => {
      failRequest(error());
    });
    expect([response.status, response.body]).toEqual([200, "nothing"]);
    expect(readErrorTree(response.field("x-error-tree") as string)?.root.code).toBe("unknown");
  });

  function fail(): never {
    throw new Error("a getter broke");
  }
});

test("the batches of the user's own BatchSpanProcessor and ours never hold the same span", async () => {
  const { sdk, exporter } = setUp("createErrorTree", { sampler: BY_NAME });
  for (let i = 0; i < 50; i++) {
    tracer().startActiveSpan(i % 2 === 0 ? "sampled root" : "not sampled root", (root) => {
      step("sampled", "broke");
      step("not sampled", "broke");
      root.setStatus({ code: 2 });
      root.end();
    });
  }
  await sdk.shutdown();
  expect(exporter.spans).toHaveLength(150);
  expect(new Set(idsOf(exporter.spans)).size).toBe(150);
  expect(new Set(flagsOf(exporter.spans))).toEqual(new Set([1]));
});

test("a relative folder of the spool keeps no program from starting whose folder is gone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "error-tree-setup-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const spool = relative(process.cwd(), folder);
  const cwd = vi.spyOn(process, "cwd").mockImplementation(() => {
    throw Object.assign(new Error("ENOENT: no such file or directory, uv_cwd"), { code: "ENOENT" });
  });
  onTestFinished(() => cwd.mockRestore());
  await setUp("createErrorTree", { sampler: NEVER }, { spool }).sdk.shutdown();
});
