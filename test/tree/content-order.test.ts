// Spans that begin and end at once are ordered by what they say: never by their ids, nor by how they arrived.
import { describe, expect, test } from "vitest";
import { type SpanFacts, toSpanRecord } from "../../src/spans/span-record.ts";
import { buildTrees } from "../../src/tree/build.ts";
import { buildEverySpan } from "../../src/tree/every-span.ts";
import type { ErrorTree } from "../../src/tree/tree.ts";

type Facts = Partial<SpanFacts> & Pick<SpanFacts, "spanId" | "service" | "kind">;

function span({ spanId, parentId, ...facts }: Facts): SpanFacts {
  const base = { name: "GET /", status: "unset", attributes: {}, events: [], start: 0, end: 1 } as const;
  return { ...base, ...facts, spanId, ...(parentId === undefined ? undefined : { parentId }) };
}

function call(spanId: string, parentId: string, service: string, attributes: SpanFacts["attributes"] = {}) {
  return span({ spanId, parentId, service, kind: "client", name: "GET", status: "error", attributes });
}

const ROOT = span({ spanId: "root", service: "shop", kind: "server", end: 9 });
const WITHOUT_ANSWER = { "server.address": "db", "error.type": "ECONNREFUSED" };

const TWO_ANSWERS = [
  ROOT,
  // Both answered alike, and differ in what failed beneath them.
  span({ spanId: "a", parentId: "root", service: "cart", kind: "server" }),
  call("a1", "a", "cart", WITHOUT_ANSWER),
  span({ spanId: "b", parentId: "root", service: "cart", kind: "server" }),
  span({ spanId: "b1", parentId: "b", service: "cart", kind: "internal", name: "step 0", status: "error" }),
  span({ spanId: "b2", parentId: "b", service: "cart", kind: "internal", status: "ok" }),
];

const TWO_CALLS = [
  { ...ROOT, status: "error" } as const,
  // Both callees said the same, but the program says of one call that it succeeded.
  call("a", "root", "shop", { "http.response.status_code": 404 }),
  span({ spanId: "a1", parentId: "a", service: "cart", kind: "server", status: "error" }),
  { ...call("b", "root", "shop", { "http.response.status_code": 404 }), status: "ok" } as const,
  span({ spanId: "b1", parentId: "b", service: "cart", kind: "server", status: "error" }),
];

const TWO_ROOTS = [
  span({ spanId: "a", service: "shop", kind: "server", status: "error" }),
  call("a1", "a", "shop", WITHOUT_ANSWER),
  span({ spanId: "b", service: "shop", kind: "server", status: "error" }),
  call("b1", "b", "shop", { "http.response.status_code": 503 }),
];

const TWO_RECORDS_OF_ONE_SPAN = [
  span({ spanId: "a", parentId: "z", service: "shop", kind: "server", status: "error", name: "one" }),
  span({ spanId: "a", parentId: "b", service: "shop", kind: "server", status: "error", name: "other" }),
];

function anonymous(trees: readonly ErrorTree[]): unknown {
  return JSON.parse(JSON.stringify(trees, (key, value) => (/spanid/i.test(key) ? undefined : value)));
}

function renamed(spans: readonly SpanFacts[], name: (id: string) => string): SpanFacts[] {
  return spans.map(({ parentId, ...one }) => ({
    ...one,
    spanId: name(one.spanId),
    ...(parentId === undefined ? undefined : { parentId: name(parentId) }),
  }));
}

describe.each([
  ["answers that differ in what failed beneath them", TWO_ANSWERS],
  ["calls that differ in what the program says of them", TWO_CALLS],
  ["roots that differ in what failed beneath them", TWO_ROOTS],
  ["two records of one span", TWO_RECORDS_OF_ONE_SPAN],
])("%s", (_, spans) => {
  /** Turns the order of the ids around. */
  const mirrored = renamed(spans, (id) => String.fromCharCode(...[...id].map((c) => 255 - c.charCodeAt(0))));

  test.each([
    ["merged", (all: readonly SpanFacts[]) => buildTrees(all.map(toSpanRecord), { explain: true })],
    ["every span", (all: readonly SpanFacts[]) => buildEverySpan(all.map(toSpanRecord), { explain: true })],
  ])("make one tree with other ids, and in any order of arrival: %s", (_, treesOf) => {
    const trees = anonymous(treesOf(spans));
    expect(anonymous(treesOf(mirrored))).toEqual(trees);
    expect(anonymous(treesOf(spans.toReversed()))).toEqual(trees);
    expect(anonymous(treesOf(mirrored.toReversed()))).toEqual(trees);
  });
});
