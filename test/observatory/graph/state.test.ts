// How edges and nodes stand: the server judges them once, for its API and for the page.
import { describe, expect, test } from "vitest";
import { buildPicture } from "../../../src/observatory/graph/build-picture.ts";
import { Counts } from "../../../src/observatory/graph/counts.ts";
import { stateOf } from "../../../src/observatory/graph/state.ts";

const judged = (
  state: "ok" | "unobserved",
): readonly [{ text: string; line: number; state: typeof state }] => [
  { text: "99% succeed", line: 1, state },
];

describe("an edge stands", () => {
  test.each([
    ["by its quality attributes, whatever fails", 100, 90, judged("ok"), "ok"],
    ["without one: ok if hardly anything fails", 1_000, 9, [], "ok"],
    ["without one: a warning from 1 % on", 1_000, 10, [], "warn"],
    ["without one: failing from 5 % on", 1_000, 50, [], "fail"],
    ["without one: two failures are no more than a warning", 10, 2, [], "warn"],
    ["unobserved if its attributes have too few requests", 100, 50, judged("unobserved"), "unobserved"],
    ["unobserved without requests", 0, 0, [], "unobserved"],
  ] as const)("%s", (_, requests, failures, judgements, state) => {
    expect(stateOf({ requests, failures }, judgements)).toBe(state);
  });
});

test("a node stands as the worst edge that leads to it; edges without requests say nothing", () => {
  const counts = new Counts({ windowMs: 10_000 });
  for (const [client, server, requests, failures] of [
    ["a", "b", 100, 50],
    ["c", "b", 100, 0],
    ["b", "d", 100, 0],
    ["c", "d", 0, 0],
    ["a", "e", 0, 0],
  ] as const) {
    const cell = counts.cell(0, { client, server, connectionType: "" }, "flow");
    cell.counts.requests += requests;
    cell.counts.failures += failures;
  }
  const doubts = { silent: [], droppedEdges: 0, unreadable: { count: 0 }, outOfTime: 0, notes: [] };
  const { nodes } = buildPicture(counts, { from: 0, to: 10_000, at: 0, doubts });
  expect(Object.fromEntries(nodes.map(({ name, state }) => [name, state]))).toEqual({
    ...{ a: "unobserved", b: "fail", c: "unobserved", d: "ok", e: "unobserved" },
  });
});
