// A failure that stands alone is not judged: what comes out is what the judge would have said.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Later } from "../../../src/spans/later.ts";
import { type SpanFacts, type SpanRecord, toSpanRecord } from "../../../src/spans/span-record.ts";
import { buildTrees, type CalleeAnswer } from "../../../src/tree/build.ts";
import type { ErrorTree } from "../../../src/tree/tree.ts";
import { traces } from "../../support/arbitrary-trace.ts";
import { errorTrees } from "../../support/arbitrary-tree.ts";
import { causeCases, semanticsCases, spansOf } from "../../support/semantics.ts";

const CASES = [...semanticsCases(), ...causeCases()].map(spansOf);

/** Traces of which spans were lost: in what is left, many a failure is the only one. */
const thinTraces: fc.Arbitrary<SpanFacts[]> = fc
  .oneof(traces, fc.constantFrom(...CASES))
  .chain((spans) => fc.tuple(fc.constant(spans), fc.array(fc.boolean(), { minLength: spans.length })))
  .map(([spans, kept]) => spans.filter((_, i) => i === 0 || kept[i]));

const answers = fc.array(fc.option(errorTrees(), { nil: undefined }), { minLength: 1, maxLength: 4 });

/** Some client spans are answered with one of these trees. */
function answersTo(
  spans: readonly SpanFacts[],
  trees: readonly (ErrorTree | undefined)[],
): Map<string, CalleeAnswer> {
  const answered = new Map<string, CalleeAnswer>();
  for (const [i, { kind, spanId }] of spans.entries()) {
    const tree = trees[i % trees.length];
    if (kind === "client" && tree !== undefined) answered.set(spanId, tree);
  }
  return answered;
}

function withoutReasons(trees: readonly ErrorTree[]): unknown {
  return JSON.parse(
    JSON.stringify(trees, (key, value) => (/^(?:because|ownBecause)$/.test(key) ? undefined : value)),
  );
}

describe("a failure that stands alone", () => {
  test("comes out as the judge would have it", () => {
    fc.assert(
      fc.property(thinTraces, answers, (spans, trees) => {
        const records = spans.map(toSpanRecord);
        const options = { answers: answersTo(spans, trees) };
        const judged = buildTrees(records, { ...options, explain: true });
        expect(withoutReasons(buildTrees(records, options))).toEqual(withoutReasons(judged));
      }),
      { numRuns: 500 },
    );
  });

  test("is not looked at any closer", () => {
    const records = requestWith({}).map(unreadable);
    expect(buildTrees(records)[0]?.root.children[0]?.operation).toBe("GET /price");
  });

  test("is looked at if a later call, a role or a mistake of the program may tell another cause", () => {
    for (const span of [
      CALL_AFTER,
      { spanId: "2", attributes: { "error_tree.role": "optional" } },
      MISTAKE,
    ]) {
      expect(() => buildTrees(requestWith(span).map(unreadable))).toThrow("read");
    }
  });
});

const FAILED = { status: "error", events: [], attributes: { "http.response.status_code": 503 } } as const;
const CALL_AFTER: Partial<SpanFacts> = { spanId: "4", parentId: "1", kind: "client", start: 7, end: 8 };
const MISTAKE: Partial<SpanFacts> = {
  spanId: "1",
  attributes: { "http.response.status_code": 500, "error.type": "TypeError" },
};

/** A request with one failed call, and one span more, or one with other facts. */
function requestWith(other: Partial<SpanFacts>): SpanFacts[] {
  const request: SpanFacts[] = [
    { ...FAILED, spanId: "1", service: "shop", kind: "server", name: "GET /cart", start: 1, end: 9 },
    { ...FAILED, spanId: "2", parentId: "1", service: "shop", kind: "client", name: "GET", start: 2, end: 6 },
    {
      ...FAILED,
      spanId: "3",
      parentId: "2",
      service: "price",
      kind: "server",
      name: "GET /price",
      start: 3,
      end: 5,
    },
  ];
  const spans = request.map((span) => (span.spanId === other.spanId ? { ...span, ...other } : span));
  const isMore = other.spanId !== undefined && !spans.some(({ spanId }) => spanId === other.spanId);
  return isMore ? [...spans, { ...(request[1] as SpanFacts), ...other }] : spans;
}

/** A record whose call cannot be read. */
function unreadable(span: SpanFacts): SpanRecord {
  const record = toSpanRecord(span);
  if (record.call === undefined) return record;
  const call = new Later(() => {
    throw new Error("read");
  });
  return { ...record, call: call as unknown as NonNullable<SpanRecord["call"]> };
}
