// Calls for which their request has no room: what is answered to them is a number, and an export beneath is not forgotten.
import { type Context, SpanKind } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import { MOST_UNKEPT } from "../../src/fragments/unkept-calls.ts";
import type { ErrorTree } from "../../src/tree/tree.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { callAll, toldAndOmitted, toldNode, wideAnswer } from "../support/loud-callees.ts";
import { answerOf } from "../support/nodes.ts";
import { type Bench, pipelineBench, type Request } from "../support/sdk.ts";

const times = (count: number, answer: (i: number) => Answer): Answer[] =>
  Array.from({ length: count }, (_, i) => answer(i));

function requesting(maxSpansPerFragment = 4) {
  const bench = pipelineBench({ maxSpansPerFragment });
  return { bench, ...bench.arrives() };
}

function treeAt(head: Request["head"]): ErrorTree {
  return head(500)?.tree as ErrorTree;
}

/** A call that is under way: its id. */
function calling(bench: Bench, context: Context): { id: string; end(code?: number): void } {
  const { span } = bench.child(context, "GET", SpanKind.CLIENT);
  return {
    id: span.spanContext().spanId,
    end(code) {
      if (code !== undefined) span.setAttribute("http.response.status_code", code);
      span.end();
    },
  };
}

describe("a request with more calls than it may keep", () => {
  test("knows of 2,000 answers of 20 nodes exactly how many failed", () => {
    const { bench, head, context } = requesting(512);
    callAll(
      bench,
      context,
      times(2000, (i) => answerOf(wideAnswer(`c${i}`, 20))),
    );
    expect(toldAndOmitted(treeAt(head))).toBe(1 + 2000 * 20);
  });

  test("knows it where the calls came one after the other, too", () => {
    const { bench, head, context } = requesting();
    for (const answer of times(100, (i) => answerOf(wideAnswer(`c${i}`, 20))))
      callAll(bench, context, [answer]);
    expect(toldAndOmitted(treeAt(head))).toBe(1 + 100 * 20);
  });

  test("knows it before they have ended", () => {
    const { bench, head, context } = requesting();
    callAll(
      bench,
      context,
      times(100, (i) => answerOf(wideAnswer(`c${i}`, 20), {}, 7)),
      true,
    );
    expect(toldAndOmitted(treeAt(head))).toBe(1 + 100 * 27);
  });

  test("counts failures that a callee handled, and not the call that went well", () => {
    const { bench, head, context } = requesting();
    const handled = answerOf(toldNode("c", [toldNode("d"), toldNode("e")], { code: "ok" }), { code: "ok" });
    callAll(
      bench,
      context,
      times(10, () => handled),
    );
    expect(toldAndOmitted(treeAt(head))).toBe(1 + 10 * 3);
  });

  const cases: [string, (bench: Bench, call: ReturnType<typeof calling>) => void, number][] = [
    ["that was not answered", ({ pipeline }, { id }) => pipeline.calls.broke(id, new Error("reset")), 1],
    [
      "whose answer told nothing",
      ({ pipeline }, { id }) => pipeline.calls.responded(id, 500, undefined, undefined),
      1,
    ],
    [
      "whose callee told the same code",
      ({ pipeline }, { id }) =>
        pipeline.calls.responded(id, 500, answerOf(toldNode("c", [toldNode("d")])), undefined),
      2,
    ],
    [
      "whose callee told another code",
      ({ pipeline }, { id }) =>
        pipeline.calls.responded(id, 503, answerOf(toldNode("c", [toldNode("d")])), undefined),
      3,
    ],
    [
      "that broke off after a good answer",
      ({ pipeline }, { id }) => {
        pipeline.calls.responded(id, 200, { service: "c", code: "ok", exported: false }, undefined);
        pipeline.calls.broke(id, new Error("reset"));
      },
      1,
    ],
    [
      "that was answered again, as a client does that tries again",
      ({ pipeline }, { id }) => {
        for (let i = 0; i < 5; i++)
          pipeline.calls.responded(id, 500, answerOf(wideAnswer("c", 10 + i)), undefined);
      },
      14,
    ],
    [
      "whose tree came behind the body",
      ({ pipeline }, { id }) => {
        pipeline.calls.responded(id, 500, answerOf(toldNode("c")), undefined);
        pipeline.calls.amended(id, answerOf(wideAnswer("c", 9)));
      },
      9,
    ],
    [
      "that went well",
      ({ pipeline }, { id }) =>
        pipeline.calls.responded(id, 200, { service: "c", code: "ok", exported: false }, undefined),
      0,
    ],
  ];
  test.each(cases)("counts a call %s as the tree would", (_, see, nodes) => {
    for (const limit of [4, 100]) {
      const { bench, head, context } = requesting(limit);
      const fillers = [1, 2, 3].map(() => calling(bench, context));
      const call = calling(bench, context);
      see(bench, call);
      expect(toldAndOmitted(treeAt(head)), `limit ${limit}, live`).toBe(1 + nodes);
      call.end();
      expect(toldAndOmitted(treeAt(head)), `limit ${limit}`).toBe(1 + nodes);
      for (const filler of fillers) filler.end();
    }
  });

  test("is exported, and tells it, where an answer says that spans beneath were", () => {
    const { bench, head, span, context } = requesting();
    for (let i = 0; i < 3; i++) calling(bench, context);
    const { id, end } = calling(bench, context);
    bench.calls.responded(id, 200, { service: "c", code: "ok", exported: true }, undefined);
    end(200);
    expect(head(200)).toMatchObject({ code: "ok", exported: true });
    span.end();
    bench.clock.advance(60_000);
    expect(bench.sink.accepted).toHaveLength(1);
  });

  test("counts the answers that it had when it is evicted itself", () => {
    const bench = pipelineBench({ maxFragments: 1 });
    const { context, head } = bench.arrives();
    callAll(
      bench,
      context,
      times(30, (i) => answerOf(wideAnswer(`c${i}`, 20), { exported: i === 7 })),
    );
    bench.request();
    const outcome = head(500);
    expect(toldAndOmitted(outcome?.tree as ErrorTree)).toBe(1 + 30 * 20);
    expect(outcome?.exported).toBe(true);
  });
});

describe("what is kept of them", () => {
  test("is gone when they end, when their request ends, and when it is evicted", () => {
    const { bench, head, span, context } = requesting();
    const calls = Array.from({ length: 20 }, () => calling(bench, context));
    const known = (): number => calls.filter(({ id }) => bench.calls.operationOf(id) === "GET").length;
    expect(known()).toBe(20);
    for (const call of calls.slice(10)) call.end();
    expect(known()).toBe(10);
    head(500);
    span.end();
    bench.clock.advance(60_000);
    expect(known()).toBe(0);
  });

  test("is bounded, however many there are", () => {
    const { bench, head, context } = requesting();
    const calls = Array.from({ length: MOST_UNKEPT + 100 }, () => calling(bench, context));
    const known = calls.filter(({ id }) => bench.calls.operationOf(id) !== undefined);
    expect(known).toHaveLength(3 + MOST_UNKEPT);
    // Others count as before: by their spans.
    for (const { id, end } of calls) {
      bench.calls.responded(id, 500, answerOf(toldNode("c")), undefined);
      end(500);
    }
    expect(toldAndOmitted(treeAt(head))).toBe(1 + calls.length);
  });
});
