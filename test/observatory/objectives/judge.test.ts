// How an edge stands by one quality attribute.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EdgeCounts } from "../../../src/observatory/graph/edge.ts";
import { judge } from "../../../src/observatory/objectives/judge.ts";
import type { Objective } from "../../../src/observatory/objectives/objective.ts";
import { readObjectives } from "../../../src/observatory/objectives/read-objectives.ts";

function objective(text: string): Objective {
  const { objectives, problems } = readObjectives(`objectives:\n  a -> b: ${text}\n`);
  expect(problems).toEqual([]);
  return objectives.of({ client: "a", server: "b", connectionType: "" })[0] as Objective;
}

function counts(requests: number, failures: number): EdgeCounts {
  const edge = new EdgeCounts();
  edge.requests = requests;
  edge.failures = failures;
  return edge;
}

/** So many requests that took so many milliseconds. */
function timed(side: "server" | "client", ...taken: [times: number, milliseconds: number][]): EdgeCounts {
  const edge = new EdgeCounts();
  for (const [times, milliseconds] of taken) edge[side].add(milliseconds / 1000, times);
  return edge;
}

describe("what must succeed", () => {
  test.each([
    [1000, 0, "ok", 1],
    [10_000, 8, "ok", 0.9992],
    [10_000, 9, "warn", 0.9991],
    [1000, 1, "warn", 0.999],
    [1000, 2, "fail", 0.998],
    [19, 19, "unobserved", undefined],
    [20, 20, "fail", 0],
    [0, 0, "unobserved", undefined],
  ])("of %d requests %d failed: %s", (requests, failures, state, kept) => {
    const judgement = judge(objective("99.9% succeed"), counts(requests, failures));
    expect(judgement).toEqual({
      text: "99.9% succeed",
      state,
      line: 2,
      ...(kept === undefined ? {} : { kept }),
    });
  });

  test("more failures than requests, as of two halves of a count that came apart, keep nothing", () => {
    expect(judge(objective("99% succeed"), counts(100, 120))).toMatchObject({ state: "fail", kept: 0 });
  });
});

describe("what must be in time", () => {
  test.each([
    [97, 3, "ok"],
    [95, 5, "warn"],
    [94, 6, "fail"],
  ])("%d quick ones and %d slow ones: %s", (quick, slow, state) => {
    const edge = timed("server", [quick, 100], [slow, 300]);
    expect(judge(objective("95% within 200ms"), edge)).toMatchObject({ state, kept: quick / 100 });
  });

  test("is judged by the server's time if the server takes part, else by the caller's", () => {
    const both = timed("server", [100, 100]);
    both.client.add(0.3, 100);
    expect(judge(objective("95% within 200ms"), both).state).toBe("ok");
    expect(judge(objective("95% within 200ms"), timed("client", [100, 300])).state).toBe("fail");
  });

  test("counts only requests that have a duration", () => {
    const edge = timed("server", [19, 100]);
    edge.requests = 1000;
    expect(judge(objective("95% within 200ms"), edge).state).toBe("unobserved");
  });
});

test("with a level of its own for fail, what misses the share is warn", () => {
  const one = objective("{ keep: 95% succeed, fail: 90% }");
  expect([4, 6, 10, 11].map((failures) => judge(one, counts(100, failures)).state)).toEqual([
    "ok",
    "warn",
    "warn",
    "fail",
  ]);
});

test("a worse edge never stands better", () => {
  const badness = ["ok", "warn", "fail"];
  const share = fc.integer({ min: 1, max: 1_000_000 });
  fc.assert(
    fc.property(
      share,
      fc.integer({ min: 20, max: 100_000 }),
      fc.nat(),
      fc.nat(),
      (millionths, requests, a, b) => {
        const one = objective(`${millionths / 10_000}% succeed`);
        const [fewer, more] = [a % (requests + 1), b % (requests + 1)].sort((x, y) => x - y) as [
          number,
          number,
        ];
        const [good, bad] = [fewer, more].map((failures) => judge(one, counts(requests, failures)).state);
        expect(badness.indexOf(bad as string)).toBeGreaterThanOrEqual(badness.indexOf(good as string));
      },
    ),
  );
});

test("a share that is kept exactly never fails, whatever its decimals", () => {
  for (let tenths = 1; tenths <= 1000; tenths++) {
    const one = objective(`${tenths / 10}% succeed`);
    expect(judge(one, counts(1000, 1000 - tenths)).state).not.toBe("fail");
  }
});
