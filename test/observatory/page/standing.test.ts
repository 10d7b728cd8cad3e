import { describe, expect, test } from "vitest";
import {
  isUnhealthy,
  missingShare,
  nodeStandings,
  standingOf,
} from "../../../src/observatory/page/pure/standing.ts";
import { edge, picture } from "./edges.ts";

const JUDGED = { text: "99% succeed", line: 1, state: "unobserved" } as const;

describe("how an edge stands", () => {
  test.each([
    ["by its quality attributes, whatever fails", { state: "ok", failures: 90, judgements: [JUDGED] }, "ok"],
    ["without one: ok if hardly anything fails", { requests: 1_000, failures: 9 }, "ok"],
    ["without one: a warning from 1 % on", { requests: 1_000, failures: 10 }, "warn"],
    ["without one: failing from 5 % on", { requests: 1_000, failures: 50 }, "fail"],
    ["without one: two failures are no more than a warning", { requests: 10, failures: 2 }, "warn"],
    ["no data if its attributes have too few requests", { failures: 50, judgements: [JUDGED] }, "unobserved"],
    ["no data without requests", { requests: 0 }, "unobserved"],
  ] as const)("%s", (_, fields, state) => {
    expect(standingOf(edge("a", "b", fields))).toBe(state);
  });

  test("a context that does not arrive is unhealthy, though nothing fails", () => {
    const lost = edge("a", "b", { context: { arrived: 3, missing: 1, foreign: 9 } });
    expect([isUnhealthy(lost), missingShare(lost)]).toEqual([true, 0.25]);
    expect([isUnhealthy(edge("a", "b")), missingShare(edge("a", "b"))]).toEqual([false, undefined]);
  });

  test("a node stands as the worst edge that leads to it; edges without data do not count", () => {
    const states = nodeStandings(
      picture([
        edge("a", "b", { failures: 50 }),
        edge("c", "b"),
        edge("b", "d"),
        edge("c", "d", { requests: 0 }),
        edge("a", "e", { requests: 0 }),
      ]),
    );
    expect(Object.fromEntries(states)).toEqual({
      a: "unobserved",
      b: "fail",
      c: "unobserved",
      d: "ok",
      e: "unobserved",
    });
  });
});
