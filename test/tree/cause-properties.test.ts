// What must make no difference to a root cause: ids, arrival, clocks, a moment more or less, and what the wire has room for.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type SpanFacts, toSpanRecord } from "../../src/spans/span-record.ts";
import { buildTrees } from "../../src/tree/build.ts";
import { cutToCause } from "../../src/tree/cause-path.ts";
import { buildEverySpan } from "../../src/tree/every-span.ts";
import { countNodes, type ErrorTree, nodesOf, rootCauseOf, type TreeNode } from "../../src/tree/tree.ts";
import { createAnswerCodec } from "../../src/wire/answer-codec.ts";
import { pruneTree } from "../../src/wire/fit.ts";
import { traces } from "../support/arbitrary-trace.ts";
import { causeCases, semanticsCases, spansOf } from "../support/semantics.ts";

const CASES = [...semanticsCases(), ...causeCases()];
const cases: fc.Arbitrary<SpanFacts[]> = fc.constantFrom(...CASES.map(spansOf));
const anyTrace: fc.Arbitrary<SpanFacts[]> = fc.oneof(cases, traces);

function treesOf(spans: readonly SpanFacts[]): ErrorTree[] {
  return buildTrees(spans.map(toSpanRecord));
}

/** The root cause of a tree, by what people call it. */
function causeOf(root: TreeNode): string {
  const { node, ambiguous } = rootCauseOf(root);
  return `${node.service} ${node.operation} ${node.code}${ambiguous ? ", ambiguous" : ""}`;
}

function causesOf(spans: readonly SpanFacts[]): string[] {
  return treesOf(spans).map(({ root }) => causeOf(root));
}

/** The trees without the ids of their spans. */
function anonymous(trees: readonly ErrorTree[]): unknown {
  return JSON.parse(JSON.stringify(trees, (key, value) => (/spanid/i.test(key) ? undefined : value)));
}

function check(
  arbitrary: fc.Arbitrary<readonly SpanFacts[]>,
  changed: (spans: readonly SpanFacts[]) => fc.Arbitrary<readonly SpanFacts[]>,
  runs = 400,
): void {
  const pairs = arbitrary.chain((spans) => fc.tuple(fc.constant(spans), changed(spans)));
  fc.assert(
    fc.property(pairs, ([before, after]) => {
      expect(causesOf(after)).toEqual(causesOf(before));
    }),
    { numRuns: runs },
  );
}

/** Not the cause alone: the whole tree stays the same, ids apart, merged or not. */
function checkWhole(changed: (spans: readonly SpanFacts[]) => fc.Arbitrary<readonly SpanFacts[]>): void {
  const pairs = anyTrace.chain((spans) => fc.tuple(fc.constant(spans), changed(spans)));
  const wholeOf = (spans: readonly SpanFacts[]): unknown => {
    const records = spans.map(toSpanRecord);
    return anonymous([
      ...buildTrees(records, { explain: true }),
      ...buildEverySpan(records, { explain: true }),
    ]);
  };
  fc.assert(
    fc.property(pairs, ([before, after]) => {
      expect(wholeOf(after)).toEqual(wholeOf(before));
    }),
    { numRuns: 200 },
  );
}

describe("the root cause, and how sure it is, stays the same", () => {
  test("with other span ids", () => {
    const renamed = (spans: readonly SpanFacts[]) =>
      fc
        .shuffledSubarray(
          spans.map((_, i) => i),
          { minLength: spans.length },
        )
        .map((order) => {
          const ids = new Map(spans.map(({ spanId }, i) => [spanId, `id${order[i]}`]));
          return spans.map((span) => ({
            ...span,
            spanId: ids.get(span.spanId) as string,
            ...(span.parentId === undefined ? {} : { parentId: ids.get(span.parentId) ?? span.parentId }),
          }));
        });
    check(anyTrace, renamed);
    checkWhole(renamed);
  });

  test("in any order of arrival", () => {
    const shuffled = (spans: readonly SpanFacts[]) =>
      fc.shuffledSubarray([...spans], { minLength: spans.length });
    check(anyTrace, shuffled);
    checkWhole(shuffled);
  });

  test("with the clock of one service moved", () => {
    check(anyTrace, (spans) => {
      const services = [...new Set(spans.map(({ service }) => service))];
      return fc
        .tuple(fc.constantFrom(...services), fc.integer({ min: -1e6, max: 1e6 }))
        .map(([moved, by]) =>
          spans.map((span) =>
            span.service === moved ? { ...span, start: span.start + by, end: span.end + by } : span,
          ),
        );
    });
  });

  test("with all times a moment earlier or later, if nothing touches by that", () => {
    check(anyTrace, (spans) =>
      fc.infiniteStream(fc.integer({ min: -1, max: 1 })).map((stream) => {
        // What was equal stays equal; everything else is three moments apart at least.
        const shifts = new Map<number, number>();
        const moved = (time: number): number => {
          if (!shifts.has(time)) shifts.set(time, stream.next().value as number);
          return time * 4 + (shifts.get(time) as number);
        };
        return spans.map((span) => ({ ...span, start: moved(span.start), end: moved(span.end) }));
      }),
    );
  });

  test("in a finer unit of time", () => {
    check(anyTrace, (spans) =>
      fc.constant(spans.map((span) => ({ ...span, start: span.start * 1e3, end: span.end * 1e3 }))),
    );
  });

  test("in a trace that is written without merging anything", () => {
    fc.assert(
      fc.property(anyTrace, (spans) => {
        const records = spans.map(toSpanRecord);
        const every = new Map(buildEverySpan(records).map(({ root }) => [root.spanId, root]));
        for (const { root } of buildTrees(records)) {
          const cause = rootCauseOf(root);
          const told = rootCauseOf(every.get(root.spanId) as TreeNode);
          const { service, operation, at } = cause.node;
          expect([told.node.service, told.ambiguous]).toEqual([service, cause.ambiguous]);
          expect([operation, at]).toContain(told.node.operation);
        }
      }),
      { numRuns: 400 },
    );
  });
});

describe("the root cause of a tree, and how sure it is, stays the same on the wire", () => {
  const codec = createAnswerCodec();
  const id = "00f067aa0ba902b7";

  function overTheWire(tree: ErrorTree, json: boolean, bytes: number): TreeNode | undefined {
    const { service, code } = tree.root;
    const outcome = { service, code, exported: false, tree };
    const room = { treeBytes: bytes, minimalBytes: 0 };
    const encoded = codec.encode(outcome, { id, json }, room);
    if (encoded === undefined || encoded.minimal) return undefined;
    const told = codec.decode(encoded.value, id, tree.root.operation);
    return typeof told === "string" ? undefined : told.tree?.root;
  }

  test.each([
    ["binary", false, 2048],
    ["binary", false, 1024],
    ["binary", false, 256],
    ["JSON", true, 2048],
    ["JSON", true, 1024],
  ])("in %s (%s), in %i bytes", (_, json, bytes) => {
    let told = 0;
    fc.assert(
      fc.property(anyTrace, (spans) => {
        for (const tree of treesOf(spans)) {
          const root = overTheWire(tree, json as boolean, bytes as number);
          if (root === undefined) continue;
          told++;
          expect(causeOf(root)).toBe(causeOf(tree.root));
        }
      }),
      { numRuns: 300 },
    );
    expect(told).toBeGreaterThan(200);
  });

  test("with room for few nodes", () => {
    fc.assert(
      fc.property(anyTrace, fc.integer({ min: 2, max: 6 }), (spans, most) => {
        for (const tree of treesOf(spans)) {
          const pruned = pruneTree(tree, ({ root }) => countNodes(root) <= most);
          expect(causeOf((pruned as ErrorTree).root)).toBe(causeOf(tree.root));
          expect(causeOf(cutToCause(tree, most).root)).toBe(causeOf(tree.root));
        }
      }),
      { numRuns: 400 },
    );
  });

  test("without any message", () => {
    const silent = (node: TreeNode): TreeNode => {
      const { message: _, frames: __, children, ...rest } = node;
      return { ...rest, children: children.map(silent) };
    };
    fc.assert(
      fc.property(anyTrace, (spans) => {
        for (const { root } of treesOf(spans)) expect(causeOf(silent(root))).toBe(causeOf(root));
      }),
      { numRuns: 300 },
    );
  });
});

describe("a peer's text", () => {
  test("chooses at most among the failed children of its own caller", () => {
    const texts = fc.constantFrom(
      "x is undefined",
      "http://s1:80/ answered 503",
      "fetch failed",
      "Request failed with status code 404",
      "a",
      "card processor offline",
      "\u0000[survived]",
    );
    fc.assert(
      fc.property(anyTrace, fc.infiniteStream(texts), (spans, stream) => {
        const changed = spans.map((span) => {
          const isPeer = span.kind === "server" && span.parentId !== undefined && span.status === "error";
          return isPeer ? { ...span, statusMessage: stream.next().value as string } : span;
        });
        const before = treesOf(spans);
        treesOf(changed).forEach((tree, i) => {
          const was = before[i] as ErrorTree;
          // Whether a service's own step stands beneath it is for its own text to say.
          expect(failuresIn(tree.root).filter(isNoStep)).toEqual(failuresIn(was.root).filter(isNoStep));
          const cause = nameOf(rootCauseOf(tree.root).node);
          if (isNoStep(cause)) expect(failuresIn(was.root)).toContain(cause);
        });
      }),
      { numRuns: 200 },
    );
  });

  function nameOf({ service, operation, code }: TreeNode): string {
    return [service, operation, code].join(" ");
  }

  function isNoStep(name: string): boolean {
    return !/ step \d+ /.test(name);
  }

  /** What has failed and how, however often. */
  function failuresIn(root: TreeNode): string[] {
    return [...new Set([...nodesOf(root)].map(nameOf))].sort();
  }
});
