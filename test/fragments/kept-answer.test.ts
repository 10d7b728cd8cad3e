// Callees that answer with much: what their caller keeps of it is bounded, and what it does not keep is an exact number.
import { describe, expect, test } from "vitest";
import { PATH_NODES, WHOLE_NODES } from "../../src/fragments/kept-answer.ts";
import { countNodes, type ErrorTree, nodesOf, rootCauseOf, verdictOf } from "../../src/tree/tree.ts";
import type { Answer } from "../../src/wire/messages.ts";
import {
  callAll,
  deepAnswer,
  tellsExport,
  toldAndOmitted,
  toldNode,
  wideAnswer,
} from "../support/loud-callees.ts";
import { answerOf } from "../support/nodes.ts";
import { type Bench, pipelineBench } from "../support/sdk.ts";

/** The tree at the head of a request that got these answers. */
function treeAtHead(answers: readonly Answer[]): { tree: ErrorTree; outcome: Answer; bench: Bench } {
  const bench = pipelineBench();
  const { context, head } = bench.arrives();
  callAll(bench, context, answers);
  const outcome = head(500) as Answer;
  return { tree: outcome.tree as ErrorTree, outcome, bench };
}

/** Most nodes that a tree has: those kept of the answers, two at least of each, and the root. */
function mostNodes(calls: number): number {
  return 1 + PATH_NODES + 2 * calls;
}

function times(count: number, answer: (i: number) => Answer): Answer[] {
  return Array.from({ length: count }, (_, i) => answer(i));
}

const long = (i: number): string => `${i} `.padEnd(1024, "x");

const loud: [string, Answer[]][] = [
  ["many with few nodes", times(511, (i) => answerOf(wideAnswer(`c${i}`, 20)))],
  ["few with many nodes", times(8, (i) => answerOf(wideAnswer(`c${i}`, 1000)))],
  ["many with many nodes", times(500, (i) => answerOf(wideAnswer(`c${i}`, 600)))],
  ["many long chains", times(500, (i) => answerOf(deepAnswer(`c${i}`, 500)))],
  ["equal answers", times(500, () => answerOf(wideAnswer("c", 600)))],
  ["long texts", times(300, (i) => answerOf(wideAnswer(`c${i}`, 30, { message: long(i) })))],
  [
    "handled failures",
    times(500, (i) =>
      answerOf(toldNode(`c${i}`, [wideAnswer(`d${i}`, 100)], { code: "ok" }), { code: "ok" }),
    ),
  ],
  [
    "one of each",
    times(500, (i) =>
      i % 3 === 0
        ? answerOf(wideAnswer(`c${i}`, 600, { message: long(i) }))
        : i % 3 === 1
          ? answerOf(deepAnswer(`c${i}`, 200))
          : answerOf(toldNode("c", [wideAnswer("d", 9)], { code: "ok" }), { code: "ok" }),
    ),
  ],
  ["answers that had left out much", times(500, (i) => answerOf(wideAnswer(`c${i}`, 100), {}, 1_000_000))],
];

describe("callees that say much", () => {
  test.each(loud)("%s: the tree is bounded, and what it does not tell is in `omitted`", (_, answers) => {
    const { tree } = treeAtHead(answers);
    const failed = answers.reduce((sum, answer) => sum + toldAndOmitted(answer.tree as ErrorTree), 1);
    expect(countNodes(tree.root)).toBeLessThanOrEqual(mostNodes(answers.length));
    expect(toldAndOmitted(tree)).toBe(failed);
  });

  test.each(loud)("%s: each call keeps its root, and the tree its cause", (_, answers) => {
    const { tree } = treeAtHead(answers);
    const roots = new Set(answers.map((answer) => answer.tree?.root.operation));
    expect(new Set(tree.root.children.map(({ operation }) => operation))).toEqual(roots);
    const first = answers.find(({ code }) => code !== "ok");
    const cause = first === undefined ? tree.root : rootCauseOf((first.tree as ErrorTree).root).node;
    expect(rootCauseOf(tree.root).node).toMatchObject({ operation: cause.operation, code: cause.code });
  });

  test("answers are whole up to the bound, then their cause paths are, then root and cause are left", () => {
    const length = (PATH_NODES - WHOLE_NODES) / 2;
    const branch = (name: string, nodes: number): Answer =>
      answerOf(toldNode(name, [deepAnswer(name, nodes - 2), toldNode("beside")]));
    const { tree } = treeAtHead([
      branch("whole", WHOLE_NODES),
      branch("path 1", length + 1),
      branch("path 2", length + 1),
      branch("ends 1", 9),
      branch("ends 2", 9),
    ]);
    const kept = tree.root.children.map((child) => countNodes(child));
    expect(kept).toEqual([WHOLE_NODES, length, length, 2, 2]);
    expect(tree.omitted).toBe(1 + 1 + 7 + 7);
    expect(tree.root.children[3]?.children[0]).toMatchObject({ operation: "ends 1.cause", hops: 6 });
  });

  test("an export beneath is told although the node that was exported is not kept", () => {
    const filler = times(10, (i) => answerOf(wideAnswer(`c${i}`, 1000)));
    const root = toldNode("last", [
      toldNode("cause"),
      toldNode("other", [toldNode("x", [], { exported: true })]),
    ]);
    const { tree, outcome, bench } = treeAtHead([...filler, answerOf(root, { exported: true })]);
    expect(outcome.exported).toBe(true);
    expect(tellsExport(tree)).toBe(true);
    expect(bench.pipeline.size).toBe(1);
  });

  test("what hides a fault among rejections stays a failure", () => {
    const filler = times(10, (i) => answerOf(wideAnswer(`c${i}`, 1000, { code: "not-found" })));
    const root = toldNode("last", [toldNode("cause", [], { code: "not-found" }), toldNode("fault")], {
      code: "not-found",
    });
    const { tree } = treeAtHead([...filler, answerOf(root, { code: "not-found" })]);
    const last = [...nodesOf(tree.root)].find(({ operation }) => operation === "last");
    expect(verdictOf(last as never)).toBe("failed");
  });

  test("an answer behind a body takes the place of the one before it, also in what is counted", () => {
    const bench = pipelineBench();
    const { context, head } = bench.arrives();
    const answers = times(3, (i) => answerOf(wideAnswer(`c${i}`, 1000)));
    const spans = callAll(bench, context, answers, true);
    for (let round = 0; round < 20; round++) {
      for (const [i, span] of spans.entries()) {
        const { spanId } = span.spanContext();
        bench.calls.amended(spanId, answerOf(wideAnswer(`r${round}.${i}`, 300)));
      }
    }
    const { tree } = head(500) as { tree: ErrorTree };
    expect([countNodes(tree.root), tree.omitted]).toEqual([901, 0]);
  });

  test("a call that is answered again and again, as by a client that tries again, counts once", () => {
    const bench = pipelineBench();
    const { context, head } = bench.arrives();
    const [span] = callAll(bench, context, [answerOf(wideAnswer("c", 1000))], true);
    const spanId = span?.spanContext().spanId as string;
    for (let i = 0; i < 20; i++) {
      bench.calls.responded(spanId, 500, answerOf(wideAnswer(`c${i}`, 1000)), undefined);
    }
    const { tree } = head(500) as { tree: ErrorTree };
    expect([countNodes(tree.root), tree.omitted]).toEqual([1001, 0]);
  });

  test("answers that come after the head are bounded, too", () => {
    const bench = pipelineBench();
    const { span: root, context, head } = bench.arrives();
    const answers = times(100, (i) => answerOf(toldNode(`c${i}`)));
    const spans = callAll(bench, context, answers, true);
    head(500);
    root.end();
    for (const [i, span] of spans.entries()) {
      bench.calls.amended(span.spanContext().spanId, answerOf(wideAnswer(`late${i}`, 600)));
      span.end();
    }
    const { tree: built, callees = [] } = bench.sink.accepted[0] ?? {};
    const tree = built?.redacted() as ErrorTree;
    expect(countNodes(tree.root)).toBeLessThanOrEqual(mostNodes(100));
    expect(toldAndOmitted(tree)).toBe(1 + 100 * 600);
    const kept = callees.reduce((sum, callee) => sum + countNodes(callee.tree.root), 0);
    expect(kept).toBeLessThanOrEqual(mostNodes(100));
  });
});
