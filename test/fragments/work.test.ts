// The work of a head is bounded, by counted work: spans that are read, nodes that are looked at. It is not done again by the next.
import { type Context, SpanKind } from "@opentelemetry/api";
import type { Span } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import type { Fragment } from "../../src/fragments/fragment.ts";
import { PATH_NODES } from "../../src/fragments/kept-answer.ts";
import { countNodes, type ErrorTree } from "../../src/tree/tree.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { callAll, deepAnswer, toldNode, wideAnswer } from "../support/loud-callees.ts";
import { answerOf } from "../support/nodes.ts";
import { type Bench, pipelineBench } from "../support/sdk.ts";

const MOST_SPANS = 512;
/** How often a head may look at the attributes of a span: as a record, for a sign of failure, for its order. */
const LOOKS = 8;

const times = (count: number, answer: (i: number) => Answer): Answer[] =>
  Array.from({ length: count }, (_, i) => answer(i));
const long = (i: number): string => `${i} `.padEnd(1024, "x");

const ANSWERS: readonly (readonly [string, Answer[]])[] = [
  ["many callees with few nodes", times(2000, (i) => answerOf(wideAnswer(`c${i}`, 20)))],
  ["few callees with many nodes", times(20, (i) => answerOf(wideAnswer(`c${i}`, 1000)))],
  ["many callees with many nodes", times(500, (i) => answerOf(wideAnswer(`c${i}`, 600)))],
  ["long chains", times(500, (i) => answerOf(deepAnswer(`c${i}`, 500)))],
  ["equal answers", times(500, () => answerOf(wideAnswer("c", 600)))],
  ["equal roots above what differs", times(500, (i) => answerOf(toldNode("c", [wideAnswer(`d${i}`, 100)])))],
  ["long texts", times(500, (i) => answerOf(wideAnswer(`c${i}`, 30, { message: long(i) })))],
  [
    "failures that were handled",
    times(500, (i) =>
      answerOf(toldNode(`c${i}`, [wideAnswer(`d${i}`, 100)], { code: "ok" }), { code: "ok" }),
    ),
  ],
];

/** Many failed spans of the service itself. */
const LOCAL: readonly (readonly [string, (bench: Bench, context: Context) => void])[] = [
  ["2,000 failed spans side by side", (bench, context) => fail(bench, context, 2000, false)],
  ["2,000 failed spans, each beneath the one before", (bench, context) => fail(bench, context, 2000, true)],
  [
    "2,000 failed calls, 20 failed spans beneath each",
    (bench, context) => {
      for (let i = 0; i < 2000; i++) {
        const call = bench.child(context, `call ${i}`, SpanKind.CLIENT);
        fail(bench, call.context, 20, false);
        call.span.setStatus({ code: 2 }).end();
      }
    },
  ],
];

function fail(bench: Bench, context: Context, count: number, deep: boolean): void {
  const spans: Span[] = [];
  let above = context;
  for (let i = 0; i < count; i++) {
    const child = bench.child(above, `step ${i}`);
    spans.push(child.span);
    if (deep) above = child.context;
  }
  for (const span of spans.reverse()) span.setStatus({ code: 2, message: "no luck" }).end();
}

interface Work {
  /** Looks at attributes of spans. */
  readonly looks: number;
  readonly nodes: number;
}

/** A request of which every look is counted. */
function counted() {
  let looks = 0;
  const bench = pipelineBench({ maxSpansPerFragment: MOST_SPANS });
  const request = bench.arrives();
  const count = (): void => {
    for (const { span } of (request.exchange.fragment as Fragment).entries) {
      const { attributes } = span;
      Object.defineProperty(span, "attributes", {
        get: () => {
          looks++;
          return attributes;
        },
      });
    }
  };
  const nodes = (): number => (request.exchange.fragment as Fragment).memory.shapes.visits;
  const head = (status: number): { work: Work; tree: ErrorTree } => {
    const before = { looks, nodes: nodes() };
    const { tree } = request.head(status) as { tree: ErrorTree };
    return { tree, work: { looks: looks - before.looks, nodes: nodes() - before.nodes } };
  };
  return { bench, ...request, count, head };
}

describe("the work of a head", () => {
  test.each(ANSWERS)("is bounded, and next to nothing the next time: %s", (_, answers) => {
    const { bench, context, count, head } = counted();
    callAll(bench, context, answers);
    count();
    const calls = Math.min(answers.length, MOST_SPANS);
    const first = head(500);
    expect(countNodes(first.tree.root)).toBeLessThanOrEqual(MOST_SPANS + PATH_NODES + 2 * calls);
    expect(first.work.looks).toBeLessThanOrEqual(LOOKS * MOST_SPANS);
    expect(first.work.nodes).toBeLessThanOrEqual(MOST_SPANS + PATH_NODES + 4 * calls);
    for (let i = 0; i < 10; i++) {
      const next = head(501 + i);
      expect(next.work.looks).toBeLessThanOrEqual(LOOKS * MOST_SPANS);
      // The root, and what is answered to each call, are compared with their siblings: no node beneath is looked at.
      expect(next.work.nodes).toBeLessThanOrEqual(2 * calls + 2);
    }
  });

  test.each(LOCAL)("is bounded: %s", (_, act) => {
    const { bench, context, count, head } = counted();
    act(bench, context);
    count();
    for (let i = 0; i < 5; i++) {
      const { tree, work } = head(500 + i);
      expect(countNodes(tree.root)).toBeLessThanOrEqual(MOST_SPANS);
      expect(work.looks).toBeLessThanOrEqual(LOOKS * MOST_SPANS);
      expect(work.nodes).toBeLessThanOrEqual(4 * MOST_SPANS);
    }
  });

  test("is not done again by spans that end after the root, or answers that come behind bodies", () => {
    const { bench, span, context, exchange, count, head } = counted();
    const spans = callAll(
      bench,
      context,
      times(400, (i) => answerOf(wideAnswer(`c${i}`, 20))),
      true,
    );
    count();
    const first = head(500);
    const { shapes } = (exchange.fragment as Fragment).memory;
    span.end();
    for (const [i, call] of spans.entries()) {
      bench.calls.amended(call.spanContext().spanId, answerOf(wideAnswer(`late${i}`, 20)));
      call.end();
    }
    expect(bench.sink.accepted).toHaveLength(1);
    // Once for all that came late, not once for each.
    const again = shapes.visits - first.work.nodes;
    expect(again).toBeLessThanOrEqual(2 * (PATH_NODES + 4 * 400));
  });

  test("is bounded at the end as well, where each failed call is asked for a call beneath it", () => {
    const { bench, span, context, exchange, head } = counted();
    for (let i = 0; i < 255; i++) {
      const outer = bench.child(context, `outer ${i}`, SpanKind.CLIENT);
      outer.child("inner").span.setStatus({ code: 2 }).end();
      outer.span.setStatus({ code: 2 }).end();
    }
    head(500);
    let looks = 0;
    for (const entry of (exchange.fragment as Fragment).entries) {
      const { parent } = entry;
      Object.defineProperty(entry, "parent", {
        get: () => {
          looks++;
          return parent;
        },
      });
    }
    span.end();
    expect(bench.sink.accepted).toHaveLength(1);
    expect(looks).toBeLessThanOrEqual(2 * LOOKS * MOST_SPANS);
  });

  test("does not remember more and more of a request that goes on and on", () => {
    const { bench, context, exchange, head } = counted();
    const [call] = callAll(bench, context, [answerOf(toldNode("c"))], true);
    const { spanId } = (call as Span).spanContext();
    for (let i = 0; i < 100; i++) {
      bench.calls.responded(spanId, 500, answerOf(wideAnswer(`c${i}`, 1000)), undefined);
      callAll(bench, context, [answerOf(toldNode(`d${i}`))]);
      head(500 + (i % 10));
    }
    expect((exchange.fragment as Fragment).memory.shapes.size).toBeLessThanOrEqual(20_000);
  });
});
