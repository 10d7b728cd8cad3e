// Several set-ups, and several copies of the package, in one process.
import http from "node:http";
import { diag, trace } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { AlwaysOffSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { readErrorTree } from "../../src/program/read.ts";
import type { ErrorTreeParts } from "../../src/setup/parts.ts";
import { createErrorTree, createParts, withErrorTree } from "../../src/setup.ts";
import { KeptSpans } from "../support/sdk.ts";
import { listen, request, type WireResponse } from "../support/sdk-http.ts";
import { startSdk } from "../support/sdk-parts.ts";
import { setUp } from "../support/sdk-setup.ts";

const ASK_ID = "00f067aa0ba902b7";
const ASK = { "x-error-tree": `v=1, id="${ASK_ID}", from="test"` };
const NEVER = new AlwaysOffSampler();

/** What the log of the SDK gets from us, line by line. */
function log(): string[] {
  const lines: string[] = [];
  const add = (line: string): void => {
    if (line.startsWith("otel-error-tree")) lines.push(line);
  };
  diag.setLogger({ error: add, warn: add, info() {}, debug() {}, verbose() {} });
  onTestFinished(() => diag.disable());
  return lines;
}

async function failing(handler: () => void = () => {}): Promise<number> {
  return listen(
    http.createServer((_, res) => {
      handler();
      res.writeHead(500).end();
    }),
  );
}

function codeOf(response: WireResponse): string | undefined {
  return readErrorTree(response.field("x-error-tree") ?? "")?.root.code;
}

/** A set-up whose parts are not registered anywhere. */
function unusedParts(): ErrorTreeParts {
  const parts = createErrorTree({ trust: "loopback" });
  const processor = parts.spanProcessor(new KeptSpans());
  parts.propagator(new W3CTraceContextPropagator());
  parts.sampler(NEVER);
  onTestFinished(() => processor.shutdown());
  return parts;
}

function unusedConfiguration(): undefined {
  const { spanProcessors } = withErrorTree({ traceExporter: new KeptSpans() }, { trust: "loopback" });
  onTestFinished(async () => void (await spanProcessors?.[0]?.shutdown()));
}

describe.each<[string, () => ErrorTreeParts | undefined]>([
  ["createErrorTree", unusedParts],
  ["withErrorTree", unusedConfiguration],
])("a set-up by %s that nobody uses", (_, unused) => {
  test.each([
    ["before", true],
    ["after", false],
  ])("made %s the one that runs takes nothing from it, and says so once", async (_, isFirst) => {
    const lines = log();
    let parts = isFirst ? unused() : undefined;
    const { exporter, sdk } = setUp("withErrorTree", { sampler: NEVER });
    if (!isFirst) parts = unused();
    const port = await failing();
    for (let i = 0; i < 12; i++) expect(codeOf(await request(port, "/", ASK))).toBe("internal");
    await expect
      .poll(() => lines, { timeout: 10_000 })
      .toEqual([
        expect.stringMatching(
          /^otel-error-tree: requests are answered, and no span .*: this set-up .* is not in use/,
        ),
      ]);
    for (let i = 0; i < 12; i++) await request(port, "/", ASK);
    await sdk.shutdown();
    expect(exporter.spans).toHaveLength(24);
    expect(lines).toHaveLength(1);
    if (parts !== undefined) expect(parts.counts()).toEqual({});
  });
});

test("requests that the program does not want to be traced say nothing of a set-up", async () => {
  const lines = log();
  unusedParts();
  const { context } = await import("@opentelemetry/api");
  const { suppressTracing } = await import("@opentelemetry/core");
  startSdk({ spanProcessors: [] });
  const port = await listen(
    http.createServer((_, res) =>
      context.with(suppressTracing(context.active()), () => res.writeHead(200).end()),
    ),
  );
  for (let i = 0; i < 12; i++) await request(port, "/", ASK);
  expect(lines).toEqual([]);
});

describe("two set-ups that both get spans", () => {
  test("leave each other alone: the one whose propagator reads requests answers, each exports its own", async () => {
    const first = setUp("withErrorTree", { sampler: NEVER });
    const exporter = new KeptSpans();
    const parts = createParts({ trust: "loopback" }, { exportDelayMs: 0 });
    const second = new TracerProvider({
      sampler: parts.sampler(NEVER),
      spanProcessors: [parts.spanProcessor(exporter)],
    });
    onTestFinished(() => second.shutdown());
    const port = await failing(() => {
      second.getTracer("second").startSpan("job").setStatus({ code: 2, message: "second" }).end();
      trace.getTracer("first").startSpan("step").setStatus({ code: 2, message: "first" }).end();
    });
    const tree = readErrorTree((await request(port, "/", ASK)).field("x-error-tree") ?? "");
    expect([tree?.root.message, tree?.root.children]).toEqual(["first", []]);
    await Promise.all([first.sdk.shutdown(), second.shutdown()]);
    expect(first.exporter.spans.map(({ name }) => name).sort()).toEqual(["GET", "step"]);
    expect(exporter.spans.map(({ name }) => name)).toEqual(["job"]);
    expect(parts.counts()).toMatchObject({ trees_failed: 1, represents_written: 1 });
  });

  test("whose propagators are one behind the other give one answer", async () => {
    const inner = createParts({ trust: "loopback" }, { exportDelayMs: 0 });
    const outer = createParts({ trust: "loopback" }, { exportDelayMs: 0 });
    const [innerSpans, outerSpans] = [new KeptSpans(), new KeptSpans()];
    const sdk = startSdk({
      sampler: outer.sampler(inner.sampler(NEVER)),
      textMapPropagator: outer.propagator(inner.propagator(new W3CTraceContextPropagator())),
      spanProcessors: [outer.spanProcessor(outerSpans), inner.spanProcessor(innerSpans)],
    });
    const response = await request(await failing(), "/", ASK);
    expect(response.fields.filter(([name]) => name === "x-error-tree")).toHaveLength(1);
    expect(codeOf(response)).toBe("internal");
    await sdk.shutdown();
    expect([innerSpans.spans.length, outerSpans.spans.length]).toEqual([1, 1]);
  });
});

describe("two copies of the package", () => {
  afterEach(() => {
    vi.resetModules();
  });

  /** Another copy, with modules of its own. */
  async function copy(): Promise<typeof import("../../src/index.ts")> {
    vi.resetModules();
    return import("../../src/index.ts");
  }

  test("a handler reaches the set-up that runs by the functions of either", async () => {
    setUp("withErrorTree", { sampler: NEVER });
    const other = await copy();
    const said: unknown[] = [];
    const port = await listen(
      http.createServer((_, res) => {
        said.push(other.activeErrorTree());
        said.push(other.failRequest(new RangeError("no seats"), "resource-exhausted"));
        said.push(other.activeErrorTree()?.root.code);
        res.end();
      }),
    );
    const response = await request(port, "/", ASK);
    expect(said).toEqual([undefined, true, "resource-exhausted"]);
    expect(codeOf(response)).toBe("resource-exhausted");
  });

  test("an unused set-up of the other one takes no ask", async () => {
    const other = await copy();
    const processor = other.createErrorTree().spanProcessor();
    onTestFinished(() => processor.shutdown());
    setUp("withErrorTree", { sampler: NEVER });
    const port = await failing();
    expect(codeOf(await request(port, "/", ASK))).toBe("internal");
  });

  test("a set-up of the other one answers behind the guard of this one", async () => {
    await createErrorTree().spanProcessor().shutdown();
    const other = await copy();
    const exporter = new KeptSpans();
    startSdk(other.withErrorTree({ sampler: NEVER, traceExporter: exporter }, { trust: "loopback" }));
    expect(codeOf(await request(await failing(), "/", ASK))).toBe("internal");
  });

  test.each([
    ["throws", { treeSoFar: fail, fail, begin: fail, failed: fail }],
    ["has another form", { treeSoFar: () => 7, fail: () => "yes", begin: () => ({}), failed: () => {} }],
    ["has no form", {}],
    ["is nothing", undefined],
  ])("one whose set-up %s does no harm", async (_, odd) => {
    const { registry } = await import("../../src/registry.ts");
    const { setUps, servers } = registry();
    setUps.add(odd as never);
    servers.add(odd as never);
    onTestFinished(() => {
      setUps.delete(odd as never);
      servers.delete(odd as never);
    });
    setUp("withErrorTree", { sampler: NEVER });
    const { failRequest } = await import("../../src/program/active.ts");
    const said: unknown[] = [];
    const port = await listen(
      http.createServer((_, res) => {
        said.push(failRequest(new Error("broke")));
        res.writeHead(200).end("whole");
      }),
    );
    const response = await request(port, "/", ASK);
    expect([response.status, response.body, codeOf(response)]).toEqual([200, "whole", "unknown"]);
    expect(said).toEqual([true]);
  });

  test.each([[undefined], [null], [7], [{}], [{ setUps: [], servers: new Set() }]])(
    "what is no registry, %j, is replaced",
    async (value) => {
      const name = Symbol.for("otel-error-tree/1");
      const before = Reflect.get(globalThis, name);
      Reflect.defineProperty(globalThis, name, { value, configurable: true });
      onTestFinished(
        () => void Reflect.defineProperty(globalThis, name, { value: before, configurable: true }),
      );
      const { registry } = await import("../../src/registry.ts");
      expect(registry().setUps.size).toBe(0);
      expect(registry()).toBe(registry());
    },
  );

  function fail(): never {
    throw new Error("of another version");
  }
});
