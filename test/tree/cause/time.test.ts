// Judges by time what clocks that lag show: an order within their lag is no order.
import { describe, expect, test } from "vitest";
import { ReadAttributes } from "../../../src/otlp/dialect.ts";
import { spanFacts } from "../../../src/otlp/read-span.ts";
import { toSpanRecord } from "../../../src/spans/span-record.ts";
import { buildTrees } from "../../../src/tree/build.ts";
import { rootCauseOf } from "../../../src/tree/tree.ts";

/** In microseconds, as readers have it. */
interface Times {
  readonly request: readonly [start: number, end: number];
  readonly call: readonly [start: number, end: number];
}

/** Who is the cause of a request that fails with a call, which no answer came to. */
function causeOf({ request, call }: Times, attributes: Record<string, number> = {}): string {
  const spans = [
    read({ spanId: "a", kind: "SERVER", name: "GET /", times: request, attributes }),
    read({ spanId: "b", parentId: "a", kind: "CLIENT", name: "GET", times: call, attributes }),
  ];
  const [tree] = buildTrees(spans.map(toSpanRecord));
  if (tree === undefined) throw new Error("no tree");
  return rootCauseOf(tree.root).node.operation;
}

interface Written {
  readonly spanId: string;
  readonly parentId?: string;
  readonly kind: string;
  readonly name: string;
  readonly times: readonly [start: number, end: number];
  readonly attributes: Record<string, number>;
}

function read({ spanId, parentId, kind, name, times: [start, end], attributes }: Written) {
  const found = new ReadAttributes();
  for (const [key, value] of Object.entries(attributes)) found.set(key, value);
  return spanFacts({
    spanId,
    parentId,
    service: "shop",
    kind,
    name,
    status: "error",
    attributes: found,
    events: [],
    start,
    end,
  });
}

describe("times that begin at whole milliseconds lag by less than one", () => {
  test("a call that seems to end within it after its caller stopped the caller", () => {
    expect(causeOf({ request: [730_000, 984_820], call: [746_000, 985_007] })).toBe("GET");
    expect(causeOf({ request: [730_000, 984_820], call: [746_000, 985_819] })).toBe("GET");
  });

  test("a call that seems to begin within it after its caller ended did so, too", () => {
    expect(causeOf({ request: [730_000, 984_820], call: [985_000, 985_300] })).toBe("GET");
  });

  test("a call that ended or began a millisecond later stopped nobody", () => {
    expect(causeOf({ request: [730_000, 984_820], call: [746_000, 985_821] })).toBe("GET /");
    expect(causeOf({ request: [730_000, 984_820], call: [986_000, 986_300] })).toBe("GET /");
  });

  test("a start that the program gave is no whole one: then the end is", () => {
    expect(causeOf({ request: [730_123, 984_000], call: [746_000, 984_207] })).toBe("GET");
  });

  test("only the lag of who reports counts: that of the call makes it later still", () => {
    expect(causeOf({ request: [730_123, 984_820], call: [746_000, 985_007] })).toBe("GET /");
  });
});

test("an exact clock is believed to the microsecond", () => {
  expect(causeOf({ request: [730_123, 984_820], call: [746_456, 984_819] })).toBe("GET");
  expect(causeOf({ request: [730_123, 984_820], call: [746_456, 984_821] })).toBe("GET /");
});
