// Requests whose callees say much, up to the exporter: the failing trace is there with its cause, and all is told or counted.
import { SpanKind } from "@opentelemetry/api";
import { AlwaysOnSampler, type ReadableSpan } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { type ExportOptions, ForcedExport } from "../../src/export/forced-export.ts";
import { HealthCounts } from "../../src/health/counts.ts";
import { DEFAULTS } from "../../src/options/options.ts";
import { type ErrorTree, isFailed, nodesOf, rootCauseOf } from "../../src/tree/tree.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { callAll, deepAnswer, toldNode, wideAnswer } from "../support/loud-callees.ts";
import { answerOf } from "../support/nodes.ts";
import { FakeExchange, KeptSpans, pipelineBench } from "../support/sdk.ts";

const OPEN = { ...DEFAULTS, maxExportsPerSecond: Number.POSITIVE_INFINITY };

interface Run {
  readonly spans: readonly ReadableSpan[];
  readonly counts: Record<string, number | undefined>;
  readonly tree: ErrorTree;
}

/** A failing request with these answers, as far as it gets through a queue of these bounds. */
async function exported(
  answers: readonly Answer[],
  options: Partial<ExportOptions> = {},
  { sampled = false, step = (_: ReturnType<typeof bench>): void => {} } = {},
): Promise<Run> {
  const exporter = new KeptSpans();
  const health = new HealthCounts();
  const exports = new ForcedExport({ ...OPEN, ...options }, health);
  exports.attach(exporter);
  const one = bench(exports, sampled);
  callAll(one.bench, one.context, answers);
  step(one);
  const { tree } = one.bench.pipeline.answerAtHead(one.exchange, 500) as { tree: ErrorTree };
  one.span.end();
  await exports.shutdown();
  return { spans: exporter.spans, counts: { ...health.snapshot(), ...one.bench.health.snapshot() }, tree };
}

function bench(sink: ForcedExport, sampled: boolean) {
  const sampler = sampled ? { sampler: new AlwaysOnSampler() } : undefined;
  const made = pipelineBench<ForcedExport>({}, { sink, ...sampler });
  const exchange = new FakeExchange();
  return { bench: made, exchange, ...made.request(exchange) };
}

/** Nodes that the exported spans tell, and those that are said to be missing. */
function toldAndOmitted(spans: readonly ReadableSpan[]): number {
  let nodes = 0;
  for (const { attributes, kind } of spans) {
    // A failed call is no node where its callee told.
    if (attributes["error_tree.synthesized"] || kind === SpanKind.SERVER) nodes++;
    nodes += Number(attributes["error_tree.omitted"] ?? 0);
  }
  return nodes;
}

function sizeOf(answers: readonly Answer[]): number {
  return answers.reduce((sum, { tree }) => {
    const { root, omitted } = tree as ErrorTree;
    return sum + [...nodesOf(root)].length + omitted;
  }, 1);
}

/** The first root cause as the spans tell it: the way there is followed by parents. */
function hasWay(spans: readonly ReadableSpan[], tree: ErrorTree): boolean {
  const cause = rootCauseOf(tree.root).node;
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]));
  const top = spans.find(({ kind, parentSpanContext }) => kind === SpanKind.SERVER && !parentSpanContext);
  return spans.some((span) => {
    if (span.name !== cause.operation) return false;
    let at: ReadableSpan | undefined = span;
    while (at !== undefined && at !== top) at = byId.get(at.parentSpanContext?.spanId ?? "");
    return at !== undefined;
  });
}

const times = (count: number, answer: (i: number) => Answer): Answer[] =>
  Array.from({ length: count }, (_, i) => answer(i));

const loud: [string, Answer[]][] = [
  ["300 callees of 30 nodes", times(300, (i) => answerOf(wideAnswer(`c${i}`, 30)))],
  ["500 callees of 600 nodes", times(500, (i) => answerOf(wideAnswer(`c${i}`, 600)))],
  ["511 callees of 20 nodes", times(511, (i) => answerOf(wideAnswer(`c${i}`, 20)))],
  ["400 chains of 200 nodes", times(400, (i) => answerOf(deepAnswer(`c${i}`, 200)))],
  [
    "long texts",
    times(200, (i) =>
      answerOf(wideAnswer(`c${i}`, 40, { message: `${i} `.padEnd(1024, "x"), frames: ["f"] })),
    ),
  ],
];

const queues: [string, Partial<ExportOptions>][] = [
  ["as installed", {}],
  ["of 600 spans", { maxQueuedSpans: 600 }],
  ["of 520 spans", { maxQueuedSpans: 520 }],
  ["of 210 spans", { maxQueuedSpans: 210 }],
  ["of 128 KB", { maxQueuedBytes: 131_072 }],
];

describe.each(queues)("with a queue %s, the failing trace of a request", (_, options) => {
  test.each(loud)(
    "with %s is exported with root and cause, and what it lacks is an exact number",
    async (_name, answers) => {
      const { spans, counts, tree } = await exported(answers, options);
      expect(counts).toMatchObject({ fragments_exported: 1, represents_written: 1, trees_failed: 1 });
      expect(counts.fragments_dropped).toBeUndefined();
      expect(hasWay(spans, tree)).toBe(true);
      expect(toldAndOmitted(spans)).toBe(sizeOf(answers));
      const ids = spans.map((span) => span.spanContext().spanId);
      expect(new Set(ids).size).toBe(ids.length);
      const known = new Set(ids);
      const orphans = spans.filter(({ parentSpanContext: parent }) => parent && !known.has(parent.spanId));
      expect(orphans).toEqual([]);
    },
  );
});

describe("what matters", () => {
  test("is the way to the cause, wherever that is: in the last of the answers", async () => {
    const fine = times(400, (i) =>
      answerOf(toldNode(`c${i}`, [wideAnswer(`d${i}`, 50)], { code: "ok" }), { code: "ok" }),
    );
    const cause = answerOf(toldNode("bad", [toldNode("x", [toldNode("cause")])]));
    const { spans, tree } = await exported([...fine, cause], { maxQueuedSpans: 8 });
    expect(rootCauseOf(tree.root).node.operation).toBe("cause");
    expect(spans).toHaveLength(8);
    expect(hasWay(spans, tree)).toBe(true);
    expect(toldAndOmitted(spans)).toBe(sizeOf([...fine, cause]));
  });

  test("is a cause of the service itself, with the span that tells its message", async () => {
    const answers = times(200, (i) =>
      answerOf(toldNode(`c${i}`, [wideAnswer(`d${i}`, 50)], { code: "ok" }), { code: "ok" }),
    );
    const { spans, tree } = await exported(
      answers,
      { maxQueuedSpans: 3 },
      {
        step: ({ bench: made, context }) => {
          const outer = made.child(context, "outer");
          outer.child("inner").fail("boom");
          outer.span.setStatus({ code: 2 }).end();
        },
      },
    );
    expect(rootCauseOf(tree.root).node).toMatchObject({ at: "inner", message: "boom" });
    expect(spans.map(({ name }) => name)).toEqual(["GET", "outer", "inner"]);
  });

  test("is more than spans that went well, and those more than what was told", async () => {
    const answers = [answerOf(wideAnswer("c", 10))];
    const step = ({ bench: made, context }: ReturnType<typeof bench>): void => {
      made.child(context, "well", SpanKind.CLIENT).span.end();
      made.child(context, "failed").span.setStatus({ code: 2 }).end();
    };
    const names = async (maxQueuedSpans: number): Promise<string[]> => {
      const { spans } = await exported(answers, { maxQueuedSpans }, { step });
      return spans.filter(({ attributes }) => !attributes["error_tree.synthesized"]).map(({ name }) => name);
    };
    // The request went on after the call: its cause is what failed then.
    expect(await names(5)).toEqual(["GET", "GET", "well", "failed"]);
    expect(await names(4)).toEqual(["GET", "GET", "well", "failed"]);
    expect(await names(3)).toEqual(["GET", "GET", "failed"]);
    expect(await names(2)).toEqual(["GET", "failed"]);
    expect(await names(1)).toEqual([]);
  });

  test("is not lost with spans that the user keeps back", async () => {
    const answers = times(300, (i) => answerOf(wideAnswer(`c${i}`, 30)));
    const { spans, counts } = await exported(answers, {
      neverExport: ({ kind }) => kind === SpanKind.CLIENT,
    });
    expect(counts).toMatchObject({ fragments_exported: 1 });
    expect(spans.filter(({ kind }) => kind === SpanKind.CLIENT)).toEqual([]);
    expect(toldAndOmitted(spans)).toBe(sizeOf(answers));
  });
});

describe("beneath a head-sampled request", () => {
  test("no more spans are written, and the first of them says how many are missing", async () => {
    const answers = times(300, (i) => answerOf(wideAnswer(`c${i}`, 30)));
    const { spans, tree, counts } = await exported(answers, {}, { sampled: true });
    expect(spans).toHaveLength(1024);
    expect(spans.every(({ attributes }) => attributes["error_tree.synthesized"])).toBe(true);
    // What the root itself says is missing, it says on its normal way.
    expect(toldAndOmitted(spans) + tree.omitted).toBe(sizeOf(answers) - countOwn(tree));
    expect(counts.spans_synthesized).toBe(1024);
  });

  function countOwn({ root }: ErrorTree): number {
    return [root].filter(isFailed).length;
  }
});

test("what was not kept, not written and not held is counted under names of its own", async () => {
  const answers = times(300, (i) => answerOf(wideAnswer(`c${i}`, 30)));
  const { counts } = await exported(answers, { maxQueuedSpans: 700 });
  const { nodes_trimmed = 0, spans_shed = 0, spans_synthesized = 0 } = counts;
  expect(nodes_trimmed).toBeGreaterThan(0);
  expect(spans_synthesized).toBe(1024);
  // Spans that had been written, and had no room in the queue, count among both.
  const inQueue = spans_synthesized - (700 - 301);
  expect(nodes_trimmed + spans_shed + spans_synthesized - inQueue).toBe(300 * 30);
});
