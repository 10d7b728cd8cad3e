import { describe, expect, test } from "vitest";
import { compareGraphs } from "../../../src/observatory/page/pure/comparison.ts";
import { edge, picture } from "./edges.ts";

const kinds = (before: Parameters<typeof edge>[], now: Parameters<typeof edge>[]): string[] =>
  compareGraphs(picture(before.map((one) => edge(...one))), picture(now.map((one) => edge(...one)))).map(
    ({ kind, edge: { server } }) => `${server} ${kind}`,
  );

describe("two spans of time", () => {
  test("are compared by edges that appeared, vanished, changed their p95 or fail more, the worst first", () => {
    const slow = { durations: { p95: 0.3 } };
    expect(
      kinds(
        [
          ["a", "old"],
          ["a", "slow"],
          ["a", "fast", slow],
          ["a", "bad"],
          ["a", "well", { failures: 40 }],
          ["a", "same"],
        ],
        [
          ["a", "new"],
          ["a", "slow", slow],
          ["a", "fast"],
          ["a", "bad", { failures: 40 }],
          ["a", "well"],
          ["a", "same"],
        ],
      ),
    ).toEqual([
      "bad fails more",
      "slow slower",
      "old vanished",
      "new appeared",
      "well fails less",
      "fast faster",
    ]);
  });

  test("few requests, and differences within what quantiles are known to, say nothing", () => {
    expect(
      kinds([["a", "b", { requests: 19 }]], [["a", "b", { requests: 19, durations: { p95: 9 } }]]),
    ).toEqual([]);
    expect(kinds([["a", "b"]], [["a", "b", { durations: { p95: 0.109 } }]])).toEqual([]);
  });

  test("an edge without requests is not there", () => {
    expect(kinds([["a", "b", { requests: 0 }]], [["a", "b"]])).toEqual(["b appeared"]);
    expect(kinds([["a", "b"]], [["a", "b", { requests: 0 }]])).toEqual(["b vanished"]);
  });
});
