// Traces of more spans than a call takes arguments.
import { expect, test } from "vitest";
import { toSpanRecord } from "../../src/spans/span-record.ts";
import { alternativesOf } from "../../src/tree/explain.ts";
import { linkSpans } from "../../src/tree/link.ts";
import { rootCauseOf } from "../../src/tree/tree.ts";
import { node } from "../support/nodes.ts";

const MANY = 200_000;

test("of 200,000 siblings that may be the root cause the first eight are named", { timeout: 10_000 }, () => {
  const children = Array.from({ length: MANY }, (_, i) => node(`s${i}`));
  const others = alternativesOf(rootCauseOf(node("root", { unsure: true, children })));
  expect(others.map((other) => other.node.service)).toEqual(["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"]);
});

test("200,000 cycles of parents are cut", { timeout: 10_000 }, () => {
  const records = Array.from({ length: MANY }, (_, i) =>
    toSpanRecord({
      spanId: `${i}`,
      parentId: `${i}`,
      service: "a",
      kind: "internal",
      name: "x",
      status: "unset",
      attributes: {},
      events: [],
      start: i,
      end: i + 1,
    }),
  );
  let cut = 0;
  const orders = linkSpans(records, () => cut++);
  expect([cut, orders.length]).toEqual([MANY, MANY]);
});
