// What of a tree leaves the process, and when: redacted late, each node once, and nothing that stays here.
import { type Context, SpanKind } from "@opentelemetry/api";
import type { ReadableSpan, Span } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { ForcedExport } from "../../src/export/forced-export.ts";
import type { ExportChoice } from "../../src/export/fragment-view.ts";
import { HealthCounts } from "../../src/health/counts.ts";
import { DEFAULTS } from "../../src/options/options.ts";
import { createRedactor, type Redactor } from "../../src/tree/redact-node.ts";
import { nodesOf, type TreeNode } from "../../src/tree/tree.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { answerOf, node } from "../support/nodes.ts";
import {
  ASK,
  type Bench,
  FakeExchange,
  KeptFragments,
  KeptSpans,
  ManualClock,
  pipelineBench,
} from "../support/sdk.ts";

const SECRET = "postgres://joe:hunter2@db/shop";
const TOLD = "postgres://[redacted]@db/shop";
const OPEN = { ...DEFAULTS, maxExportsPerSecond: Number.POSITIVE_INFINITY, exportDelayMs: 0 };

/** A redactor with a hook that notes for which nodes it was called. */
class Hook {
  readonly asked: string[] = [];
  readonly redact: Redactor = createRedactor(
    {
      redact: (node) => {
        this.asked.push(node.operation);
        expect(JSON.stringify(node)).not.toContain("hunter2");
        return node;
      },
    },
    (error) => expect.fail(`${error}`),
  );
}

class NothingExported extends KeptFragments {
  override decide(): ExportChoice {
    return { exported: false };
  }
}

/** A request with two failed steps of its own, one of them folded out of two spans, and a failed call. */
function failing(
  bench: Pick<Bench, "request" | "child" | "calls">,
  exchange: FakeExchange,
): { root: Span; context: Context } {
  const { span: root, context } = bench.request(exchange);
  const outer = bench.child(context, "outer");
  outer.span.recordException({ name: "Error", message: `cannot reach ${SECRET}` });
  outer.child("inner").fail(SECRET);
  outer.fail(SECRET);
  bench.child(context, `step ${SECRET}`).fail();
  const call = bench.child(context, "GET", SpanKind.CLIENT).span;
  bench.calls.responded(call.spanContext().spanId, 500, answer(), undefined);
  call.end();
  return { root, context };
}

const ROOT = "GET";
const OWN = [ROOT, "outer", `step ${TOLD}`];

/** What a service answered that tells an address, because its own redactor lets it pass. */
function answer(): Answer {
  const stub = { kind: "server", startMs: 0, durationMs: 1 } as const;
  return answerOf(node("pay", { operation: "POST /pay", message: "mail to joe@example.com", stub }));
}

function operationsOf(outcome: Answer | undefined): string[] {
  return [...nodesOf(outcome?.tree?.root as TreeNode)].map(({ operation }) => operation);
}

describe("nothing is redacted", () => {
  test("of a rejection that nobody asked about and nobody exports", () => {
    const hook = new Hook();
    const bench = pipelineBench({ redact: hook.redact });
    const { span, child, head } = bench.arrives();
    child("check").fail(SECRET);
    head(400);
    span.setStatus({ code: 2, message: SECRET }).end();
    bench.clock.advance(60_000);
    expect(bench.sink.accepted).toEqual([]);
    expect(bench.health.activity.verdicts_rejected).toBe(1);
    expect(hook.asked).toEqual([]);
  });

  test("of a failure that nobody asked about and nobody exports", () => {
    const hook = new Hook();
    const bench = pipelineBench({ redact: hook.redact }, { sink: new NothingExported() });
    const exchange = new FakeExchange();
    const { root } = failing(bench, exchange);
    bench.pipeline.answerAtHead(exchange, 500);
    root.end();
    expect(bench.health.activity.verdicts_failed).toBe(1);
    expect(hook.asked).toEqual([]);
  });

  test("where an answer only says how it went", () => {
    const hook = new Hook();
    const bench = pipelineBench({ redact: hook.redact }, { sink: new NothingExported() });
    const exchange = new FakeExchange(ASK);
    failing(bench, exchange);
    const outcome = bench.pipeline.answerAtHead(exchange, 500);
    expect([outcome?.code, outcome?.exported]).toEqual(["internal", false]);
    expect(bench.pipeline.answerAtEnd(exchange)).toBeUndefined();
    expect(hook.asked).toEqual([]);
  });
});

describe("each node is redacted once", () => {
  test("although its tree is shown to the program, answered and exported, and built anew for each", async () => {
    const hook = new Hook();
    const exporter = new KeptSpans();
    const exports = new ForcedExport(OPEN, new HealthCounts());
    exports.attach(exporter);
    const bench = pipelineBench({ redact: hook.redact }, { sink: exports });
    const exchange = new FakeExchange(ASK);
    const { root, context } = failing(bench, exchange);
    const spanId = root.spanContext().spanId;
    expect(JSON.stringify(bench.pipeline.answerAtHead(exchange, 500))).not.toContain("hunter2");
    for (let i = 0; i < 3; i++) {
      expect(JSON.stringify(bench.pipeline.program.treeSoFar(spanId))).not.toContain("hunter2");
    }
    bench.child(context, "late").fail(SECRET);
    expect(JSON.stringify(bench.pipeline.answerAtEnd(exchange))).not.toContain("hunter2");
    root.end();
    await exports.shutdown();
    expect(hook.asked.toSorted()).toEqual([...OWN, "late"].toSorted());
    const span = exporter.spans.find((one) => one.spanContext().spanId === spanId) as ReadableSpan;
    expect(JSON.stringify(span.attributes)).not.toContain("hunter2");
    expect(span.attributes["error_tree.text"]).toContain(TOLD);
  });

  test("and those that came in an answer not at all: they have passed their own service's redactor", () => {
    const hook = new Hook();
    const bench = pipelineBench({ redact: hook.redact });
    const exchange = new FakeExchange(ASK);
    failing(bench, exchange);
    const outcome = bench.pipeline.answerAtHead(exchange, 500);
    expect(operationsOf(outcome)).toEqual([ROOT, "outer", `step ${TOLD}`, "POST /pay"]);
    expect([...nodesOf(outcome?.tree?.root as TreeNode)].at(-1)?.message).toBe("mail to joe@example.com");
    expect(hook.asked).toEqual(expect.not.arrayContaining(["POST /pay"]));
  });
});

describe("siblings are equal", () => {
  /** The children that a request tells whose steps failed with these messages, a `!` before those that stopped it. */
  function told(...messages: readonly string[]): readonly (readonly unknown[])[] {
    const bench = pipelineBench();
    const exchange = new FakeExchange(ASK);
    const { child } = bench.request(exchange);
    for (const message of messages) {
      child("step").fail(message);
      if (!message.startsWith("!")) child("more", SpanKind.CLIENT).span.end();
    }
    const { root } = bench.pipeline.answerAtHead(exchange, 500)?.tree ?? {};
    return (root?.children ?? []).map(({ message, count, survived }) => [message, count, survived ?? false]);
  }

  test("if they are what they are, and once more if they tell the same", () => {
    expect(told("user joe@a.de", "user jim@a.de", "user joe@a.de", "else", "user jim@a.de")).toEqual([
      ["user [redacted]@a.de", 4, true],
      ["else", 1, true],
    ]);
  });

  test("and were survived only if all of them were", () => {
    expect(told("user joe@a.de", "!user jim@a.de", "x", "!user joe@a.de")).toMatchObject([
      ["user [redacted]@a.de", 1, true],
      ["!user [redacted]@a.de", 2, false],
      ["x", 1, true],
    ]);
  });

  test("in the same way beneath siblings that become equal only by what is told", () => {
    const bench = pipelineBench();
    const exchange = new FakeExchange(ASK);
    const { child } = bench.request(exchange);
    for (const user of ["joe", "jim"]) {
      const layer = child(`for ${user}@a.de`);
      for (const one of ["a", "b"]) {
        const step = layer.child("step", SpanKind.CLIENT).span;
        step.setStatus({ code: 2, message: `${user}${one}@a.de` }).end();
      }
      layer.fail();
    }
    const { root } = bench.pipeline.answerAtHead(exchange, 500)?.tree ?? {};
    expect(root?.children).toMatchObject([
      { operation: "for [redacted]@a.de", count: 2, children: [{ message: "[redacted]@a.de", count: 2 }] },
    ]);
    expect(root?.children).toHaveLength(1);
    expect(root?.children[0]?.children).toHaveLength(1);
  });
});

test("a summary of what was not exported tells no secret either, and secrets make no kinds", async () => {
  const hook = new Hook();
  const exporter = new KeptSpans();
  const clock = new ManualClock();
  const exports = new ForcedExport({ ...DEFAULTS, exportDelayMs: 0, firstPerKind: 1 }, new HealthCounts(), {
    clock,
  });
  exports.attach(exporter);
  const bench = pipelineBench({ redact: hook.redact }, { sink: exports });
  for (const user of ["joe", "jim", "jon"]) {
    const { span, child } = bench.request(new FakeExchange());
    span.updateName(`GET https://${user}:hunter2@h/x`);
    child("step").fail(SECRET);
    span.setStatus({ code: 2 }).end();
  }
  // The first is exported, the second describes those that wait with it.
  expect(hook.asked.filter((name) => name.startsWith("GET"))).toHaveLength(1);
  await exports.shutdown();
  const summary = exporter.spans.find(({ attributes }) => attributes["error_tree.summary"] === true);
  expect(summary?.attributes["error_tree.represents"]).toBe(2);
  expect(summary?.name).toBe("GET https://[redacted]@h/x");
});

test("a text of any length is built into a tree no longer than it is read", () => {
  const bench = pipelineBench({}, { sink: new NothingExported() });
  const { id, child } = bench.request(new FakeExchange());
  const long = "word ".repeat(100_000);
  child(long).fail(long);
  const tree = bench.pipeline.program.treeSoFar(id);
  expect(tree?.root.children[0]?.message?.length).toBeLessThanOrEqual(4096);
  expect(tree?.root.children[0]?.operation.length).toBeLessThanOrEqual(4096);
});
