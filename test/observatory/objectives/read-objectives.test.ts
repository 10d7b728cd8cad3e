// What a file of quality attributes says, and what is wrong with it, by line and column.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CONNECTOR_BOUNDS } from "../../../src/observatory/graph/connector-bounds.ts";
import type { EdgeKey } from "../../../src/observatory/graph/edge.ts";
import { EdgeCounts } from "../../../src/observatory/graph/edge.ts";
import { type ObjectivesFile, readObjectives } from "../../../src/observatory/objectives/read-objectives.ts";

const edge = (client: string, server: string): EdgeKey => ({ client, server, connectionType: "" });

function read(text: string): ObjectivesFile {
  const file = readObjectives(text);
  expect(file.problems).toEqual([]);
  return file;
}

function of(file: ObjectivesFile, client: string, server: string): string[] {
  return file.objectives.of(edge(client, server)).map(({ text }) => text);
}

/** What is wrong, as `line:column text`. */
const wrong = (text: string): string[] =>
  readObjectives(text).problems.map(({ line, column, text }) => `${line}:${column} ${text}`);

describe("a file", () => {
  const file = read(`
# What we promise.
window: 10m
least: 50
objectives:
  checkout -> payment:
    - 95% within 200ms
    - 99.9 %  succeed
  "* -> db": 99.9% succeed
  search -> *:
    keep: 90% within 1.5 s
    warn: 95%
    fail: 80%
    window: 1h
    least: 1
  checkout -> db: 99% within 50ms
  batch -> *: none
`);

  test("has defaults for all, and levels", () => {
    expect(file.objectives.of(edge("checkout", "payment"))).toEqual([
      {
        text: "95% within 200ms",
        measure: { kind: "within", seconds: 0.2, text: "200ms" },
        share: 950_000,
        warn: 960_000,
        fail: 950_000,
        windowSeconds: 600,
        least: 50,
        line: 7,
        column: 7,
      },
      {
        text: "99.9 % succeed",
        measure: { kind: "succeed" },
        share: 999_000,
        warn: 999_200,
        fail: 999_000,
        windowSeconds: 600,
        least: 50,
        line: 8,
        column: 7,
      },
    ]);
    expect(file.objectives.of(edge("search", "index"))[0]).toMatchObject({
      measure: { kind: "within", seconds: 1.5 },
      share: 900_000,
      warn: 950_000,
      fail: 800_000,
      windowSeconds: 3600,
      least: 1,
      line: 11,
      column: 5,
    });
    expect(file.objectives.windows).toEqual([600, 3600]);
    expect(file.bounds).toEqual(CONNECTOR_BOUNDS);
  });

  test("is overridden by what is more specific, for time and success each on its own", () => {
    expect(of(file, "checkout", "db")).toEqual(["99% within 50ms", "99.9% succeed"]);
    expect(of(file, "cart", "db")).toEqual(["99.9% succeed"]);
    expect(of(file, "search", "db")).toEqual(["90% within 1.5 s", "99.9% succeed"]);
    expect(of(file, "cart", "payment")).toEqual([]);
  });

  test("expects nothing where the most specific says none", () => {
    expect(of(file, "batch", "payment")).toEqual([]);
    // `* -> db` is more specific than `batch -> *`: the callee decides.
    expect(of(file, "batch", "db")).toEqual(["99.9% succeed"]);
  });

  test("knows which of its entries no edge matches", () => {
    const seen = [edge("checkout", "db"), edge("search", "index")];
    expect(file.objectives.unseen(seen).map(({ text }) => text)).toEqual(["checkout -> payment"]);
  });

  test("judges an edge over the window of each attribute", () => {
    const asked: number[] = [];
    const judgements = file.objectives.judge(edge("search", "db"), (seconds) => {
      asked.push(seconds);
      const counts = new EdgeCounts();
      counts.requests = 100;
      counts.server.add(2, 100);
      return counts;
    });
    expect(asked).toEqual([3600, 600]);
    expect(judgements).toEqual([
      { text: "90% within 1.5 s", state: "fail", kept: 0, line: 11 },
      { text: "99.9% succeed", state: "ok", kept: 1, line: 9 },
    ]);
  });
});

test("of two that are equally specific the later one wins", () => {
  const file = read("objectives:\n  a* -> x: 90% succeed\n  '*b -> x': 95% succeed\n");
  expect(of(file, "ab", "x")).toEqual(["95% succeed"]);
});

test("buckets of one's own are read", () => {
  expect(read("buckets: [100ms, 0.4s, 1m]\nobjectives: { a -> b: 9% succeed }\n").bounds).toEqual([
    0.1, 0.4, 60,
  ]);
});

test("an anchor serves several edges", () => {
  const file = read(
    "objectives:\n  a -> b: &usual\n    - 95% within 200ms\n    - 99% succeed\n  c -> d: *usual\n",
  );
  expect(of(file, "c", "d")).toEqual(["95% within 200ms", "99% succeed"]);
});

describe("what is wrong is told by line and column", () => {
  test.each([
    ["nothing at all", "", ['1:1 expected a map with "objectives"']],
    ["a list", "- a -> b\n", ['1:1 expected a map with "objectives"']],
    ["no objectives", "window: 5m\n", ['1:1 expected "objectives"']],
    [
      "objectives without a value",
      "objectives:\n",
      ['1:1 "objectives" has no value', '1:1 expected "objectives"'],
    ],
    [
      "a key that nobody knows",
      "objectives: { a -> b: 9% succeed }\nwindows: 5m\n",
      ['2:1 expected window, least, buckets, objectives, got "windows"'],
    ],
    [
      "a name with a star and without quotes",
      "objectives:\n  a -> b: 95% within 200ms\n  * -> db: 99.9% succeed\n  c -> d: 101% succeed\n",
      [
        '3:3 a name that begins with * has to stand in quotes, as "* -> db"',
        '4:11 expected a share above 0% and up to 100%, with up to four places, got "101%"',
      ],
    ],
    [
      "a pattern with a star and without quotes",
      "objectives:\n  *-shop -> db: 99.9% succeed\n",
      ['2:3 a name that begins with * has to stand in quotes, as "*-shop -> db"'],
    ],
    [
      "an edge twice",
      "objectives:\n  a -> b: 9% succeed\n  a -> b: 8% succeed\n",
      ["3:3 Map keys must be unique"],
    ],
    [
      "no edge",
      "objectives:\n  payment: 95% within 200ms\n",
      ['2:3 expected an edge, as checkout -> payment, got "payment"'],
    ],
    [
      "words that mean nothing",
      "objectives:\n  a -> b: 95% in 200ms\n  c -> d: fast\n  e -> f: 3\n",
      [
        '2:11 expected "95% within 200ms", "99.9% succeed" or none, got "95% in 200ms"',
        '3:11 expected "95% within 200ms", "99.9% succeed" or none, got "fast"',
        '4:11 expected "95% within 200ms", "99.9% succeed" or none, got "3"',
      ],
    ],
    [
      "shares and times that are none",
      "objectives:\n  a -> b:\n    - 0% succeed\n    - 99.99999% succeed\n    - 95% within 200\n    - 95% within 0ms\n",
      [
        '3:7 expected a share above 0% and up to 100%, with up to four places, got "0%"',
        '4:7 expected a share above 0% and up to 100%, with up to four places, got "99.99999%"',
        '5:7 expected a time as 200ms, 1.5s or 2m, got "200"',
        '6:7 expected a time as 200ms, 1.5s or 2m, got "0ms"',
      ],
    ],
    [
      "levels that contradict each other",
      "objectives:\n  a -> b: { keep: 95% succeed, fail: 97% }\n  c -> d: { keep: 95% succeed, warn: 90% }\n",
      [
        "2:38 fail must not be above what is asked for, 95%",
        "3:38 warn must not be below fail, 95%: it would never be seen",
      ],
    ],
    [
      "a map without what is to be kept",
      "objectives:\n  a -> b: { warn: 97% }\n",
      ['2:11 expected "keep", as in keep: 95% within 200ms'],
    ],
    [
      "windows, numbers and buckets",
      "window: 1s\nleast: 0\nbuckets: [1s, 500ms, x]\nobjectives:\n  a -> b: { keep: 9% succeed, window: 2d, least: many }\n",
      [
        '1:9 expected a time from 10s to 24h, as 5m, got "1s"',
        '2:8 expected a number of requests, 1 or more, got "0"',
        "3:15 expected times that ascend",
        '3:22 expected a time as 200ms, got "x"',
        '5:39 expected a time from 10s to 24h, as 5m, got "2d"',
        '5:50 expected a number of requests, 1 or more, got "many"',
      ],
    ],
    ["a list that is empty", "objectives:\n  a -> b: []\n", ["2:11 expected at least one, or none"]],
    [
      "none among others",
      "objectives:\n  a -> b: [none]\n",
      ['2:12 expected "95% within 200ms", "99.9% succeed" or none, got "none"'],
    ],
    [
      "nesting",
      "objectives:\n  a -> b: [[95% succeed]]\n",
      ['2:12 expected "95% within 200ms", "99.9% succeed" or none, or a map with "keep"'],
    ],
    ["no YAML", "objectives: [1\n", expect.arrayContaining([expect.stringMatching(/^\d+:\d+ /)])],
  ])("%s", (_, text, problems) => {
    expect(wrong(text)).toEqual(problems);
  });

  test("a long text is cut", () => {
    expect(wrong(`objectives:\n  a -> b: ${"x".repeat(500)}\n`)[0]?.length).toBeLessThan(200);
  });

  test("a file that is too long is not read", () => {
    expect(wrong(`# ${"x".repeat(1_000_000)}`)).toEqual(["1:1 the file has more than a million characters"]);
  });

  test("any text is read without an exception, and what is wrong has a place in it", () => {
    const words = [
      "objectives",
      ":",
      "\n",
      "  ",
      "- ",
      "a -> b",
      "*",
      "&x ",
      "*x",
      "95%",
      " within ",
      "200ms",
      "{",
      "}",
      "[",
      "]",
      '"',
      "#",
      "none",
      "keep",
    ];
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(text, (one) => {
        const lines = one.split(/\r\n?|\n/).length;
        for (const { line, column } of readObjectives(one).problems) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines + 1);
          expect(column).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
