// Spans written in place of services that did not export them.
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CalleeTree, SpanSynthesizer } from "../../../src/export/spans/synthesized-spans.ts";
import {
  type ErrorTree,
  nodesOf,
  rootCauseOf,
  type SpanStub,
  type TreeNode,
} from "../../../src/tree/tree.ts";
import { ANSWERED, CAUSE } from "../../../src/tree/weight.ts";
import { errorTrees } from "../../support/arbitrary-tree.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const CALL_ID = "b7ad6b7169203331";
const EPOCH_S = 1_800_000_000;

/** A client span from 100 ms to 350 ms after the epoch of the test. */
const CALL = {
  spanContext: () => ({ traceId: TRACE_ID, spanId: CALL_ID, traceFlags: 0 }),
  startTime: [EPOCH_S, 100e6],
  endTime: [EPOCH_S, 350e6],
} as unknown as ReadableSpan;

function withStub(service: string, fields: Partial<TreeNode> = {}, ...children: TreeNode[]): TreeNode {
  const stub: SpanStub = { kind: "server", startMs: 10, durationMs: 50 };
  return { service, operation: "GET /", code: "internal", count: 1, stub, ...fields, children };
}

function exported(service: string, ...children: TreeNode[]): TreeNode {
  return { service, operation: "GET /", code: "internal", count: 1, exported: true, children };
}

/** What a call was answered with. */
function calleeOf(root: TreeNode, fields: Partial<CalleeTree> = {}): CalleeTree {
  const tree = { traceId: TRACE_ID, root, omitted: 0 };
  return { span: CALL, tree, leadsToCause: false, above: CALL_ID, ...fields };
}

function written(root: TreeNode): readonly ReadableSpan[] {
  return new SpanSynthesizer().spansOf([calleeOf(root)], 10_000).spans;
}

function isBefore(one: ReadableSpan["startTime"], other: ReadableSpan["startTime"]): boolean {
  return one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]);
}

/** `service <- parent's service`, the call as "call". */
function shape(spans: readonly ReadableSpan[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]));
  const name = (span: ReadableSpan | undefined): string =>
    span === undefined ? "?" : String(span.resource.attributes["service.name"]);
  return spans.map((span) => {
    const parentId = span.parentSpanContext?.spanId ?? "";
    return `${name(span)} <- ${parentId === CALL_ID ? "call" : name(byId.get(parentId))}`;
  });
}

describe("spans of nodes that nobody exported", () => {
  test("hang beneath each other and the call, each in its own service", () => {
    const spans = written(withStub("b", {}, withStub("c", {}, withStub("d")), withStub("e")));
    expect(shape(spans)).toEqual(["b <- call", "c <- b", "d <- c", "e <- b"]);
    expect(spans.every((span) => span.spanContext().traceId === TRACE_ID)).toBe(true);
    expect(spans.every((span) => (span.spanContext().traceFlags & 1) === 1)).toBe(true);
  });

  test("begin after the one above by what their stubs say", () => {
    const [b, c] = written(withStub("b", {}, withStub("c")));
    expect([b?.startTime, b?.endTime, b?.duration]).toEqual([
      [EPOCH_S, 110e6],
      [EPOCH_S, 160e6],
      [0, 50e6],
    ]);
    expect(c?.startTime).toEqual([EPOCH_S, 120e6]);
  });

  test("end no later than the one above for want of precision alone", () => {
    const times = (startMs: number, durationMs: number): Partial<TreeNode> => ({
      stub: { kind: "server", startMs, durationMs },
    });
    const end = (span: ReadableSpan | undefined): number => (span?.endTime[1] ?? 0) / 1e6;
    const [b, rounded, later] = written(
      withStub("b", {}, withStub("c", times(3, 49)), withStub("d", times(3, 50))),
    );
    expect([end(b), end(rounded), end(later)]).toEqual([160, 160, 163]);
    expect(rounded?.duration).toEqual([0, 49e6]);
  });

  test("stand where the one above stands, when there was no room for their times", () => {
    const [b] = written(withStub("b", { stub: { kind: "server" } }));
    expect([b?.startTime, b?.duration]).toEqual([
      [EPOCH_S, 100e6],
      [0, 250e6],
    ]);
  });

  test("tell kind, status, message, type and frames", () => {
    const [span] = written(
      withStub("b", {
        stub: { kind: "client" },
        errorType: "TypeError",
        message: "x is undefined",
        frames: ["decide (a.ts:1:2)"],
      }),
    );
    expect(span?.kind).toBe(SpanKind.CLIENT);
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR, message: "x is undefined" });
    expect(span?.events).toMatchObject([
      {
        name: "exception",
        attributes: {
          "exception.type": "TypeError",
          "exception.message": "x is undefined",
          "exception.stacktrace": "TypeError: x is undefined\n    at decide (a.ts:1:2)",
        },
      },
    ]);
    expect(span?.attributes).toEqual({
      "error_tree.synthesized": true,
      "error_tree.code": "internal",
      "error.type": "TypeError",
      "error_tree.origin": "self",
      "sampling.priority": 1,
      "@jaeger@warnings": [
        "the service did not export this span: it is written from its answer to the caller",
      ],
    });
  });

  test("of handled failures have no error status", () => {
    const [span] = written(withStub("b", { code: "ok" }, withStub("c")));
    expect(span?.status).toEqual({ code: SpanStatusCode.UNSET });
  });

  test("have a warning for everything about them that is special", () => {
    const [span] = written(withStub("b", { unanswered: true }));
    expect(span?.attributes).toMatchObject({
      "error_tree.synthesized": true,
      "error_tree.unanswered": true,
      "sampling.priority": 1,
      "@jaeger@warnings": [
        "no answer arrived: what the callee did is shown only if it exported that itself",
        "the service did not export this span: it is written from its answer to the caller",
      ],
    });
  });

  test("hang on the nearest span that is shown where the call is not, and on none where none is", () => {
    const beneathOf = (above: string | undefined) =>
      new SpanSynthesizer().spansOf([calleeOf(withStub("b"), { above })], 1).spans;
    const [beneath] = beneathOf("00f067aa0ba902b7");
    expect(beneath?.parentSpanContext?.spanId).toBe("00f067aa0ba902b7");
    const [alone] = beneathOf(undefined);
    expect(alone?.parentSpanContext).toBeUndefined();
    expect(alone?.spanContext().spanId).toBe(beneath?.spanContext().spanId);
  });

  test("share one resource per service, and none of ours", () => {
    const [b, again] = written(withStub("b", {}, withStub("b")));
    expect(b?.resource).toBe(again?.resource);
    expect(b?.resource.attributes).toEqual({ "service.name": "b" });
  });
});

describe("more nodes than one fragment may have written", () => {
  /** Services of the spans written for these answers, the cause's call told by its index, and how many are left. */
  function most(room: number, roots: readonly TreeNode[], cause = -1): [string, number] {
    const callees = roots.map((root, i) => calleeOf(root, { leadsToCause: i === cause }));
    const { spans, weights, left } = new SpanSynthesizer().spansOf(callees, room);
    expect(weights).toHaveLength(spans.length);
    return [spans.map((span) => span.resource.attributes["service.name"]).join(" "), left];
  }
  const a = withStub("a", {}, withStub("a1", {}, withStub("a11")), withStub("a2"));
  const b = withStub("b", {}, withStub("b1", {}, withStub("b11"), withStub("b12")));

  test("get them level by level, so that every call has some", () => {
    const all = [8, 7, 6, 5, 4, 3, 2, 1, 0].map((room) => most(room, [a, b]));
    expect(all).toEqual([
      ["a a1 a11 a2 b b1 b11 b12", 0],
      ["a a1 a11 a2 b b1 b11", 1],
      ["a a1 a11 a2 b b1", 2],
      ["a a1 a2 b b1", 3],
      ["a a1 a2 b", 4],
      ["a a1 b", 5],
      ["a b", 6],
      ["a", 7],
      ["", 8],
    ]);
  });

  test("get those on the way to the cause first, whichever call it leads through", () => {
    expect([5, 4, 3, 1].map((room) => most(room, [a, b], 1))).toEqual([
      ["a a1 b b1 b11", 3],
      ["a b b1 b11", 4],
      ["b b1 b11", 5],
      ["b b1 b11", 5],
    ]);
  });

  test("count those alone for which nobody else has a span", () => {
    expect(most(1, [withStub("a", {}, exported("x", withStub("y"), exported("z")))])).toEqual(["a", 1]);
  });

  test("say of each span whether the cause needs it", () => {
    const callees = [calleeOf(a, { leadsToCause: true }), calleeOf(b)];
    const { weights } = new SpanSynthesizer().spansOf(callees, 100);
    expect(weights.map(({ level }) => level)).toEqual([
      CAUSE,
      CAUSE,
      CAUSE,
      ANSWERED,
      ANSWERED,
      ANSWERED,
      ANSWERED,
      ANSWERED,
    ]);
    expect(weights.every(({ isNode }) => isNode)).toBe(true);
  });

  test("hang beneath spans that are there", () => {
    fc.assert(
      fc.property(errorTrees(), errorTrees(), fc.nat(60), (one, other, room) => {
        const callees = [calleeOf(one.root), calleeOf(other.root, { leadsToCause: true })];
        const { spans, left } = new SpanSynthesizer().spansOf(callees, room);
        const known = new Set([CALL_ID, ...spans.map((span) => span.spanContext().spanId)]);
        for (const span of spans) expect(known.has(span.parentSpanContext?.spanId ?? "")).toBe(true);
        const nodes = [...nodesOf(one.root), ...nodesOf(other.root)].filter((node) => node.stub);
        expect(spans.length + left).toBe(nodes.length);
        expect(spans.length).toBeLessThanOrEqual(Math.max(room, rootCauseOf(other.root).path.length));
      }),
    );
  });
});

describe("nodes that somebody exported", () => {
  test("are not written again, and what hangs beneath them hangs on the nearest span that is known", () => {
    expect(shape(written(exported("b", withStub("c", {}, exported("d")))))).toEqual(["c <- call"]);
  });
});

test("whatever the tree: one span per stub, ids unique, the same every time, parents among them or the call", () => {
  fc.assert(
    fc.property(errorTrees(), (tree: ErrorTree) => {
      const spans = written(tree.root);
      const ids = spans.map((span) => span.spanContext().spanId);
      expect(spans).toHaveLength([...nodesOf(tree.root)].filter((node) => node.stub).length);
      expect(new Set([CALL_ID, ...ids]).size).toBe(ids.length + 1);
      expect(ids.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
      expect(written(tree.root).map((span) => span.spanContext().spanId)).toEqual(ids);
      const known = new Set([CALL_ID, ...ids]);
      for (const span of spans) {
        expect(known.has(span.parentSpanContext?.spanId ?? "")).toBe(true);
        expect(span.startTime[1] >= 0 && span.startTime[1] < 1e9).toBe(true);
        expect(isBefore(span.startTime, span.endTime)).toBe(true);
      }
    }),
  );
});

test("a time that no request takes is not believed: it would not fit into OTLP, and spoil what is exported with it", () => {
  const stub: SpanStub = { kind: "server", startMs: 1e15, durationMs: 1e15 };
  let root = withStub("last", { stub });
  for (let i = 0; i < 500; i++) root = withStub(`s${i}`, { stub }, root);
  for (const { startTime, endTime } of written(root)) {
    expect(startTime[0]).toBe(EPOCH_S);
    expect(endTime[0] - EPOCH_S).toBeLessThan(2);
  }
});
