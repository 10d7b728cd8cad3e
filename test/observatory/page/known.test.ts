import { describe, expect, test } from "vitest";
import { KnownGraph } from "../../../src/observatory/page/pure/known.ts";
import { edge, picture } from "./edges.ts";

const MINUTE = 60_000;

describe("what live pictures have shown", () => {
  test("an edge without requests stays for ten minutes, without data", () => {
    const known = new KnownGraph();
    known.complete(picture([edge("a", "b", { failures: 50, state: "fail" }), edge("a", "c")], 0));
    const later = known.complete(picture([edge("a", "c")], 9 * MINUTE));
    expect(later.edges.map(({ server, requests, state }) => [server, requests, state])).toEqual([
      ["b", 0, "unobserved"],
      ["c", 100, "ok"],
    ]);
    expect(later.nodes.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(later.edges[0]?.durations).toEqual({});
    const latest = known.complete(picture([edge("a", "c")], 11 * MINUTE));
    expect(latest.edges.map(({ server }) => server)).toEqual(["c"]);
    expect(latest.nodes.map(({ name }) => name)).toEqual(["a", "c"]);
  });

  test("an edge that comes back is as the picture has it", () => {
    const known = new KnownGraph();
    known.complete(picture([edge("a", "b")], 0));
    known.complete(picture([], MINUTE));
    expect(known.complete(picture([edge("a", "b", { requests: 7 })], 2 * MINUTE)).edges[0]?.requests).toBe(7);
  });

  test("is bounded: the oldest are forgotten first", () => {
    const known = new KnownGraph();
    for (let i = 0; i < 30; i++) {
      const edges = Array.from({ length: 100 }, (_, k) => edge("a", `b${i}-${k}`));
      const { edges: all } = known.complete(picture(edges, i * 1_000));
      expect(all.length).toBeLessThanOrEqual(1_100);
    }
    const last = known.complete(picture([], 30_000)).edges.map(({ server }) => server);
    expect([last.length, last.includes("b29-0"), last.includes("b0-0")]).toEqual([1_000, true, false]);
  });

  test("forgets everything if another span is shown", () => {
    const known = new KnownGraph();
    known.complete(picture([edge("a", "b")]));
    known.clear();
    expect(known.complete(picture([])).edges).toEqual([]);
  });
});
