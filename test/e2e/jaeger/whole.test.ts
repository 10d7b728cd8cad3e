// Failing requests through seven services that fail at random: in Jaeger each of them is one trace in one piece.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ErrorTree } from "otel-error-tree";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import { PROGRAMS, ROOT } from "../../../collector-config/tools/files.ts";
import { readTrace, type StoredSpan } from "../../../examples/lab/stored-span.ts";
import { readTopology } from "../../../examples/lab/topology.ts";
import { nodesOf } from "../../../src/tree/tree.ts";
import type { NodeProcess } from "../../support/process/node-process.ts";
import { pageOf } from "./page-api.ts";
import { type Asked, ask, Stage } from "./stage.ts";

const missing = [PROGRAMS.collector, PROGRAMS.jaeger].filter((path) => !existsSync(path));
const PATIENCE_MS = 240_000;
const REQUESTS = 200;
const TOPOLOGY = readTopology(join(ROOT, "examples", "lab", "topologies", "seven.yaml"));

const WRITTEN = "the service did not export this span: it is written from its answer to the caller";
/** Of calls that were made again. */
const EQUAL = "one span for several equal failures: error_tree.count says how many";

describe.skipIf(missing.length > 0)("every exported request (needs npm run tools)", () => {
  const undo = new Undo();
  let stage: Stage;
  let asked: Asked[];
  let traces: ReadonlyMap<string, readonly StoredSpan[]>;

  beforeAll(async () => {
    stage = await Stage.start(undo, "memory");
    const shop = await startAll(stage, TOPOLOGY.root);
    asked = [];
    for (let i = 0; i < REQUESTS; i += 4) {
      asked.push(...(await Promise.all([0, 1, 2, 3].map((j) => ask(shop, `request-${i + j}`)))));
    }
    await stage.settle();
    traces = new Map(
      await Promise.all(
        asked.map(async ({ traceId }) => [traceId, await readTrace(stage.jaeger.queryUrl, traceId)] as const),
      ),
    );
  }, PATIENCE_MS);

  afterAll(() => undo.all(), PATIENCE_MS);

  function* exported(): Generator<Asked & { readonly spans: readonly StoredSpan[] }> {
    for (const one of asked) if (one.exported) yield { ...one, spans: traces.get(one.traceId) ?? [] };
  }

  test("is there, and no other", () => {
    const there = [...traces].filter(([, spans]) => spans.length > 0).map(([traceId]) => traceId);
    const said = [...exported()].map(({ traceId }) => traceId);
    expect(there.sort()).toEqual(said.sort());
    expect(said.length).toBeGreaterThan(REQUESTS / 10);
    expect(said.length).toBeLessThan(REQUESTS);
  });

  test("has one root, which is the span that was named, and every other parent is there", () => {
    for (const { spans, spanId } of exported()) {
      const ids = new Set(spans.map((span) => span.spanId));
      const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
      expect(roots.map((span) => span.spanId)).toEqual([spanId]);
      expect(spans.filter(({ parentSpanId = spanId }) => !ids.has(parentSpanId))).toEqual([]);
    }
  });

  test("has every span once", () => {
    for (const { spans } of exported()) {
      expect(new Set(spans.map((span) => span.spanId)).size).toBe(spans.length);
    }
  });

  test("has all services and codes of its tree", () => {
    for (const { spans, tree } of exported()) {
      const services = new Set(spans.map(({ service }) => service));
      for (const node of nodesOf((tree as ErrorTree).root)) expect([...services]).toContain(node.service);
      const root = spans.find(({ parentSpanId }) => parentSpanId === undefined);
      expect(root?.attributes).toMatchObject({
        "error_tree.forced": true,
        "error_tree.root_cause.service": expect.any(String),
      });
      const { "error_tree.verdict": verdict, "error_tree.represents": represents } = root?.attributes ?? {};
      expect(represents).toBe(verdict === "failed" ? 1 : undefined);
    }
  });

  test("names on each call the service that was called, and its span hangs beneath if it was exported", () => {
    let callees = 0;
    for (const { spans } of exported()) {
      for (const { spanId, attributes, service } of spans.filter(isCall)) {
        const name = attributes["peer.service"];
        expect(TOPOLOGY.services.get(service)?.downstreams).toContain(name);
        const beneath = spans.filter(({ parentSpanId }) => parentSpanId === spanId);
        for (const callee of beneath) expect(callee.service).toBe(name);
        callees += beneath.length;
      }
    }
    expect(callees).toBeGreaterThan(0);
  });

  test("has a warning of ours if a span was written for its service, and Jaeger has none to add", async () => {
    let written = 0;
    for (const { traceId } of exported()) {
      for (const { tags, warnings } of await pageOf(stage.jaeger.queryUrl, traceId)) {
        if (tags["error_tree.synthesized"] === true) {
          written++;
          const count = tags["error_tree.count"] === undefined ? [] : [EQUAL];
          expect(warnings).toEqual([WRITTEN, ...count]);
        } else {
          // Starts are whole milliseconds, and these services do not tell their host.
          expect(warnings.filter((text) => !text.startsWith("clock skew"))).toEqual([]);
        }
      }
    }
    expect(written).toBeGreaterThan(0);
  });
});

test.runIf(missing.length > 0)("nothing was run, for npm run tools has not brought all programs", () => {
  expect(missing).not.toEqual([]);
});

/** Instrumentations give an address to calls alone; the store keeps no kinds that the reader reads. */
function isCall({ attributes }: StoredSpan): boolean {
  return attributes["url.full"] !== undefined;
}

/** A service with all that it calls, each once. */
async function startAll(
  stage: Stage,
  name: string,
  started = new Map<string, NodeProcess>(),
): Promise<NodeProcess> {
  const { downstreams, environment } = TOPOLOGY.services.get(name) ?? { downstreams: [], environment: {} };
  const callees: NodeProcess[] = [];
  for (const callee of downstreams) {
    callees.push(started.get(callee) ?? (await startAll(stage, callee, started)));
  }
  const service = await stage.startService(name, environment, callees);
  started.set(name, service);
  return service;
}
