// What stands for parents that were not read: when it began and ended, and how often each span is read for it.
import { expect, test } from "vitest";
import { missingParents, placeholders } from "../../src/cli/missing-parents.ts";
import { type SpanRecord, toSpanRecord } from "../../src/spans/span-record.ts";
import { buildTrees } from "../../src/tree/build.ts";

/** Two failed spans beneath each of so many parents that are not there. */
function recordsOf(parents: number): SpanRecord[] {
  return Array.from({ length: 2 * parents }, (_, i) =>
    toSpanRecord({
      spanId: `span ${i}`,
      parentId: `parent ${i % parents}`,
      service: "shop",
      name: "GET /",
      kind: "server",
      status: "error",
      attributes: {},
      events: [],
      start: 1_000 + i,
      end: 2_000 + i,
    }),
  );
}

test("a placeholder lasts from the start of the first of its spans to the end of the last", () => {
  const records = recordsOf(3);
  const missing = missingParents(buildTrees(records, { traceId: "", explain: true }), records);
  const found = placeholders(missing, records).map(({ spanId, start, end }) => ({ spanId, start, end }));
  expect(found).toHaveLength(3);
  for (let i = 0; i < 3; i++)
    expect(found).toContainEqual({ spanId: `parent ${i}`, start: 1_000 + i, end: 2_003 + i });
});

test("each span is looked at a few times, however many parents are missing", () => {
  const records = recordsOf(500);
  const missing = missingParents(buildTrees(records, { traceId: "", explain: true }), records);
  let looks = 0;
  const counted = records.map(
    (record) =>
      new Proxy(record, {
        get(target, member) {
          if (member === "parentId") looks++;
          return Reflect.get(target, member);
        },
      }),
  );
  expect(placeholders(missing, counted)).toHaveLength(500);
  expect(looks).toBeLessThanOrEqual(3 * records.length);
});
