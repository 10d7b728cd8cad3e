// Spans written in place of services that did not export them.
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SpanSynthesizer } from "../../../src/export/spans/synthesized-spans.ts";
import { type ErrorTree, nodesOf, type SpanOutline, type TreeNode } from "../../../src/model/tree.ts";
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

function outlined(service: string, fields: Partial<TreeNode> = {}, ...children: TreeNode[]): TreeNode {
  const outline: SpanOutline = { kind: "server", startMs: 10, durationMs: 50 };
  return { service, operation: "GET /", code: "internal", count: 1, outline, ...fields, children };
}

function exported(service: string, ...children: TreeNode[]): TreeNode {
  return { service, operation: "GET /", code: "internal", count: 1, exported: true, children };
}

function written(root: TreeNode, allowed?: readonly string[]): ReadableSpan[] {
  return new SpanSynthesizer(allowed).spansOf(
    { span: CALL, tree: { traceId: TRACE_ID, root, omitted: 0 } },
    CALL_ID,
  );
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
    const spans = written(outlined("b", {}, outlined("c", {}, outlined("d")), outlined("e")));
    expect(shape(spans)).toEqual(["b <- call", "c <- b", "d <- c", "e <- b"]);
    expect(spans.every((span) => span.spanContext().traceId === TRACE_ID)).toBe(true);
    expect(spans.every((span) => (span.spanContext().traceFlags & 1) === 1)).toBe(true);
  });

  test("begin after the one above by what their outlines say", () => {
    const [b, c] = written(outlined("b", {}, outlined("c")));
    expect([b?.startTime, b?.endTime, b?.duration]).toEqual([
      [EPOCH_S, 110e6],
      [EPOCH_S, 160e6],
      [0, 50e6],
    ]);
    expect(c?.startTime).toEqual([EPOCH_S, 120e6]);
  });

  test("end no later than the one above for want of precision alone", () => {
    const times = (startMs: number, durationMs: number): Partial<TreeNode> => ({
      outline: { kind: "server", startMs, durationMs },
    });
    const end = (span: ReadableSpan | undefined): number => (span?.endTime[1] ?? 0) / 1e6;
    const [b, rounded, later] = written(
      outlined("b", {}, outlined("c", times(3, 49)), outlined("d", times(3, 50))),
    );
    expect([end(b), end(rounded), end(later)]).toEqual([160, 160, 163]);
    expect(rounded?.duration).toEqual([0, 49e6]);
  });

  test("stand where the one above stands, when there was no room for their times", () => {
    const [b] = written(outlined("b", { outline: { kind: "server" } }));
    expect([b?.startTime, b?.duration]).toEqual([
      [EPOCH_S, 100e6],
      [0, 250e6],
    ]);
  });

  test("tell kind, status, message, type and frames", () => {
    const [span] = written(
      outlined("b", {
        outline: { kind: "client" },
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
      "@jaeger@warnings": ["the service did not export this: written from what it told its caller"],
    });
  });

  test("of handled failures have no error status", () => {
    const [span] = written(outlined("b", { code: "ok" }, outlined("c")));
    expect(span?.status).toEqual({ code: SpanStatusCode.UNSET });
  });

  test("keep to the attributes that are allowed", () => {
    const [span] = written(outlined("b", { errorType: "TypeError", count: 3 }), ["error.type"]);
    expect(span?.attributes).toEqual({
      "error_tree.synthesized": true,
      "error.type": "TypeError",
      "sampling.priority": 1,
    });
  });

  test("have warnings only where these are allowed too", () => {
    const [span] = written(outlined("b", { unanswered: true }), [
      "error_tree.unanswered",
      "@jaeger@warnings",
    ]);
    expect(span?.attributes).toEqual({
      "error_tree.synthesized": true,
      "error_tree.unanswered": true,
      "sampling.priority": 1,
      "@jaeger@warnings": [
        "no answer came: what the callee did is here only where it exported that itself",
        "the service did not export this: written from what it told its caller",
      ],
    });
  });

  test("hang on the nearest span that is shown where the call is not, and on none where none is", () => {
    const tree = { traceId: TRACE_ID, root: outlined("b"), omitted: 0 };
    const [beneath] = new SpanSynthesizer().spansOf({ span: CALL, tree }, "00f067aa0ba902b7");
    expect(beneath?.parentSpanContext?.spanId).toBe("00f067aa0ba902b7");
    const [alone] = new SpanSynthesizer().spansOf({ span: CALL, tree }, undefined);
    expect(alone?.parentSpanContext).toBeUndefined();
    expect(alone?.spanContext().spanId).toBe(beneath?.spanContext().spanId);
  });

  test("share one resource per service, and none of ours", () => {
    const [b, again] = written(outlined("b", {}, outlined("b")));
    expect(b?.resource).toBe(again?.resource);
    expect(b?.resource.attributes).toEqual({ "service.name": "b" });
  });
});

describe("nodes that somebody exported", () => {
  test("are not written again, and what hangs beneath them hangs on the nearest span that is known", () => {
    expect(shape(written(exported("b", outlined("c", {}, exported("d")))))).toEqual(["c <- call"]);
  });
});

test("whatever the tree: one span per outline, ids unique, the same every time, parents among them or the call", () => {
  fc.assert(
    fc.property(errorTrees(), (tree: ErrorTree) => {
      const spans = written(tree.root);
      const ids = spans.map((span) => span.spanContext().spanId);
      expect(spans).toHaveLength([...nodesOf(tree.root)].filter((node) => node.outline).length);
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
  const outline: SpanOutline = { kind: "server", startMs: 1e15, durationMs: 1e15 };
  let root = outlined("last", { outline });
  for (let i = 0; i < 500; i++) root = outlined(`s${i}`, { outline }, root);
  for (const { startTime, endTime } of written(root)) {
    expect(startTime[0]).toBe(EPOCH_S);
    expect(endTime[0] - EPOCH_S).toBeLessThan(2);
  }
});
