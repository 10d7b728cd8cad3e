// What the services above need to write the spans of a service that did not export them, and what it must not change.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deepStringify, treeToJson } from "../../src/cli/print/tree-json.ts";
import type { SpanKindName } from "../../src/spans/otel.ts";
import type { SpanRecord } from "../../src/spans/span-record.ts";
import { buildTrees, type CalleeAnswer } from "../../src/tree/build.ts";
import { fingerprintOf } from "../../src/tree/fingerprint.ts";
import { formatTree } from "../../src/tree/format.ts";
import { Shapes } from "../../src/tree/shape.ts";
import { withoutStubs } from "../../src/tree/span-stub.ts";
import { type ErrorTree, nodesOf, type TreeNode } from "../../src/tree/tree.ts";
import { errorTrees } from "../support/arbitrary-tree.ts";

const EPOCH = 1_764_000_000_000;

/** A failed span that is not head-sampled, `[start, end]` in milliseconds. */
function span(
  spanId: string,
  parentId: string | undefined,
  kind: SpanKindName,
  [start, end]: [number, number],
  more: Partial<SpanRecord> = {},
): SpanRecord {
  return {
    spanId,
    ...(parentId === undefined ? undefined : { parentId }),
    service: "shop",
    kind,
    operation: spanId,
    failed: true,
    code: "internal",
    explicitOk: false,
    answered: false,
    database: false,
    start,
    end,
    fullness: 0,
    times: { startMs: EPOCH + start, endMs: EPOCH + end },
    ...more,
  };
}

const FINE: Partial<SpanRecord> = { failed: false };

function tree(records: SpanRecord[], answers: Record<string, CalleeAnswer> = {}): ErrorTree {
  const [only, ...more] = buildTrees(records, { answers: new Map(Object.entries(answers)) });
  expect(more).toEqual([]);
  return only as ErrorTree;
}

function told({ root }: ErrorTree): string[] {
  return [...nodesOf(root)].map(({ operation, stub }) =>
    stub === undefined ? operation : `${operation}: ${stub.kind} +${stub.startMs} for ${stub.durationMs}`,
  );
}

function answerOf({ root, omitted }: ErrorTree): CalleeAnswer {
  return { root, omitted };
}

describe("the stub of a span", () => {
  it("tells kind, start after the node above, and duration; the first node starts at 0", () => {
    const records = [
      span("GET", "caller", "server", [100, 150]),
      span("charge", "GET", "internal", [110, 140]),
      span("audit", "GET", "internal", [111, 150]),
      span("INSERT", "charge", "client", [117, 118], { database: true }),
    ];
    expect(told(tree(records))).toEqual([
      "GET: server +0 for 50",
      "charge: internal +10 for 30",
      "INSERT: client +7 for 1",
      "audit: internal +11 for 39",
    ]);
  });

  it("counts from the node above, not from spans in between that are no nodes", () => {
    const records = [
      span("GET", undefined, "server", [0, 50]),
      span("middleware", "GET", "internal", [5, 45], FINE),
      span("handler", "middleware", "internal", [8, 40], FINE),
      span("INSERT", "handler", "client", [20, 30], { database: true }),
    ];
    expect(told(tree(records))).toEqual(["GET: server +0 for 50", "INSERT: client +20 for 10"]);
  });

  it("is the outer one's where spans fold", () => {
    const records = [
      span("GET", undefined, "server", [0, 50]),
      span("handler", "GET", "internal", [8, 40]),
      span("SELECT", "handler", "client", [20, 30], { database: true, code: "unavailable" }),
      span("UPDATE", "handler", "client", [31, 35], { database: true, code: "aborted" }),
    ];
    const folded = tree(records);
    expect(folded.root.at).toBe("handler");
    expect(told(folded)).toEqual([
      "GET: server +0 for 50",
      "SELECT: client +20 for 10",
      "UPDATE: client +31 for 4",
    ]);
  });

  it("is the first one's where equal siblings are one node", () => {
    const insert = { database: true, operation: "INSERT" };
    const records = [
      span("GET", undefined, "server", [0, 50]),
      span("c", "GET", "client", [10, 19], insert),
      span("a", "GET", "client", [20, 30], insert),
      span("b", "GET", "client", [31, 39], { ...insert, sampled: true }),
    ];
    const collapsed = tree(records);
    expect(collapsed.root.children[0]?.count).toBe(3);
    expect(told(collapsed)).toEqual(["GET: server +0 for 50", "INSERT: client +10 for 9"]);
    const [root, first, ...others] = records as [SpanRecord, SpanRecord, SpanRecord, SpanRecord];
    expect(told(tree([root, { ...first, sampled: true }, ...others]))[1]).toBe("INSERT");
  });

  it("is absent where the head sampler chose the span; those beneath count from it all the same", () => {
    const records = [
      span("GET", undefined, "server", [0, 50], { sampled: true }),
      span("INSERT", "GET", "client", [20, 30], { database: true }),
      span("SELECT", "GET", "client", [31, 32], { database: true, sampled: true }),
    ];
    expect(told(tree(records))).toEqual(["GET", "INSERT: client +20 for 10", "SELECT"]);
  });

  it("is absent where the real times are not known: what a backend holds is exported", () => {
    const { times: _, ...record } = span("GET", undefined, "server", [0, 50]);
    expect(told(tree([record]))).toEqual(["GET"]);
  });

  it("stands also on a node that did not fail", () => {
    const records = [
      span("GET", undefined, "server", [0, 50], FINE),
      span("try", "GET", "internal", [10, 40], { failed: false, explicitOk: true }),
      span("INSERT", "try", "client", [20, 30], { database: true }),
    ];
    expect(told(tree(records))).toEqual([
      "GET: server +0 for 50",
      "try: internal +10 for 30",
      "INSERT: client +10 for 10",
    ]);
  });
});

describe("whole milliseconds, none of them negative", () => {
  it.each<[string, [number, number], string]>([
    ["an end before the start by less than the clock's step", [10, 9.4], "INSERT: client +10 for 0"],
    ["a start before the node above", [-3, 4], "INSERT: client +0 for 7"],
    ["fractions", [10.4, 12.3], "INSERT: client +10 for 2"],
    ["less than half", [0.4, 0.8], "INSERT: client +0 for 0"],
    ["no number as start", [Number.NaN, 5], "INSERT: client +0 for 0"],
    ["a span without end", [1, Number.POSITIVE_INFINITY], "INSERT: client +1 for 0"],
  ])("%s", (_, ms, expected) => {
    const records = [
      span("GET", undefined, "server", [0, 50]),
      span("INSERT", "GET", "client", ms, { database: true, start: 1, end: 2 }),
    ];
    expect(told(tree(records))[1]).toBe(expected);
  });
});

describe("an answer from beneath", () => {
  const callee = tree([
    span("GET /pay", "call", "server", [7000, 7020], { service: "pay" }),
    span("UPDATE", "GET /pay", "client", [7005, 7008], { service: "pay", database: true }),
  ]);

  it("begins where its client span began, whatever the callee's clock says; all beneath it stays", () => {
    const records = [
      span("GET", undefined, "server", [0, 50]),
      span("call", "GET", "client", [12, 40], { answered: true }),
    ];
    const before = told(callee);
    expect(told(tree(records, { call: answerOf(callee) }))).toEqual([
      "GET: server +0 for 50",
      "GET /pay: server +12 for 20",
      "UPDATE: client +5 for 3",
    ]);
    expect(told(callee)).toEqual(before);
  });

  it("begins with the client span where that is the node above", () => {
    const records = [
      span("GET", undefined, "server", [0, 50]),
      span("call", "GET", "client", [12, 40], { code: "deadline-exceeded" }),
    ];
    expect(told(tree(records, { call: answerOf(callee) }))).toEqual([
      "GET: server +0 for 50",
      "call: client +12 for 28",
      "GET /pay: server +0 for 20",
      "UPDATE: client +5 for 3",
    ]);
  });

  it("is moved at each of two hops by its own caller alone", () => {
    const middle = tree(
      [
        span("GET /cart", "outer", "server", [900, 960], { service: "cart" }),
        span("call", "GET /cart", "client", [912, 940], { service: "cart", answered: true }),
      ],
      { call: answerOf(callee) },
    );
    const records = [
      span("GET", undefined, "server", [0, 80]),
      span("work", "GET", "internal", [1, 79], FINE),
      span("outer", "work", "client", [4, 75], { answered: true }),
    ];
    expect(told(tree(records, { outer: answerOf(middle) }))).toEqual([
      "GET: server +0 for 80",
      "GET /cart: server +4 for 60",
      "GET /pay: server +12 for 20",
      "UPDATE: client +5 for 3",
    ]);
  });

  it("is moved beneath a head-sampled node, too", () => {
    const records = [
      span("GET", undefined, "server", [0, 50], { sampled: true }),
      span("call", "GET", "client", [12, 40], { answered: true, sampled: true }),
    ];
    expect(told(tree(records, { call: answerOf(callee) }))).toEqual([
      "GET",
      "GET /pay: server +12 for 20",
      "UPDATE: client +5 for 3",
    ]);
  });

  it("keeps what it has before its root: nodes that were left out there count", () => {
    const root = { ...callee.root, stub: { kind: "server" as const, startMs: 5, durationMs: 20 } };
    const records = [
      span("GET", undefined, "server", [0, 50]),
      span("call", "GET", "client", [12, 40], { answered: true }),
    ];
    expect(told(tree(records, { call: { root, omitted: 0 } }))[1]).toBe("GET /pay: server +17 for 20");
  });

  it("stays without a stub where its service exported it", () => {
    const exported = withoutStubs(callee.root);
    const records = [
      span("GET", undefined, "server", [0, 50]),
      span("call", "GET", "client", [12, 40], { answered: true }),
    ];
    expect(told(tree(records, { call: { root: exported, omitted: 0 } }))).toEqual([
      "GET: server +0 for 50",
      "GET /pay",
      "UPDATE",
    ]);
  });

  it("keeps its place where real times are not known", () => {
    const { times: _, ...record } = span("GET", undefined, "server", [0, 50]);
    const { times: __, ...call } = span("call", "GET", "client", [12, 40], { answered: true });
    expect(told(tree([record, call], { call: answerOf(callee) }))[1]).toBe("GET /pay: server +0 for 20");
  });

  it("is placed alike where the spans of both services are at hand", () => {
    const records = [
      span("GET", undefined, "server", [0, 50]),
      span("call", "GET", "client", [12, 40], { answered: true }),
      span("GET /pay", "call", "server", [7000, 7020], { service: "pay" }),
      span("UPDATE", "GET /pay", "client", [7005, 7008], { service: "pay", database: true }),
    ];
    expect(told(tree(records))).toEqual([
      "GET: server +0 for 50",
      "GET /pay: server +12 for 20",
      "UPDATE: client +5 for 3",
    ]);
  });
});

describe("stubs say nothing about a failure", () => {
  it("two siblings that differ in nothing else are one", () => {
    const withStub = (startMs: number): TreeNode => ({
      service: "pay",
      operation: "GET",
      code: "internal",
      count: 1,
      stub: { kind: "server", startMs, durationMs: startMs },
      children: [],
    });
    const records = [
      span("GET", undefined, "server", [0, 50]),
      span("a", "GET", "client", [1, 9], { answered: true }),
      span("b", "GET", "client", [12, 40], { answered: true }),
    ];
    const { root } = tree(records, {
      a: { root: withStub(0), omitted: 0 },
      b: { root: withStub(3), omitted: 0 },
    });
    expect(root.children).toMatchObject([{ count: 2, stub: { startMs: 1, durationMs: 0 } }]);
  });

  it("shape, fingerprint, text and JSON are those of the tree without them", () => {
    fc.assert(
      fc.property(errorTrees(), (full) => {
        const bare = { ...full, root: withoutStubs(full.root) };
        const shapes = new Shapes();
        expect([...nodesOf(bare.root)].some(({ stub }) => stub !== undefined)).toBe(false);
        expect(shapes.of(full.root)).toBe(shapes.of(bare.root));
        expect(fingerprintOf(full.root)).toBe(fingerprintOf(bare.root));
        expect(formatTree(full)).toBe(formatTree(bare));
        expect(deepStringify(treeToJson(full, false))).toBe(deepStringify(treeToJson(bare, false)));
      }),
      { numRuns: 50 },
    );
  });
});

describe("a tree without its stubs", () => {
  it("is the tree as it was where there are none", () => {
    fc.assert(
      fc.property(errorTrees({ stubs: false }), ({ root }) => {
        expect(withoutStubs(root)).toStrictEqual(root);
      }),
      { numRuns: 50 },
    );
  });

  it("may be deeper than the stack", () => {
    const stub = { kind: "server" as const, startMs: 0, durationMs: 1 };
    const fields = { service: "a", operation: "b", code: "internal" as const, count: 1, stub };
    let root: TreeNode = { ...fields, children: [] };
    for (let i = 1; i < 50_000; i++) root = { ...fields, children: [root] };
    let nodes = 0;
    for (const node of nodesOf(withoutStubs(root))) {
      if (node.stub !== undefined) expect.unreachable("a stub is left");
      nodes++;
    }
    expect(nodes).toBe(50_000);
  });
});
