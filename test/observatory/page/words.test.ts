import { describe, expect, test } from "vitest";
import { EdgeHistory, sparkline } from "../../../src/observatory/page/pure/history.ts";
import { changesInWords } from "../../../src/observatory/page/pure/news.ts";
import { parseShown, shownText } from "../../../src/observatory/page/pure/shown-text.ts";
import { edgeInWords, nodeInWords, trafficOf } from "../../../src/observatory/page/pure/words.ts";
import { edge, picture } from "./edges.ts";

const MEASURE = { seconds: 60, unit: "min" } as const;

describe("words", () => {
  test("an edge says all that it shows", () => {
    const one = edge("a", "b", {
      failures: 10,
      isInferred: true,
      context: { arrived: 1, missing: 1, foreign: 0 },
    });
    expect(edgeInWords(one, MEASURE)).toBe(
      "a calls b: failing, 100 requests per minute, p95 100 ms, 10 % fail, the context is missing in 50 %, the direction is inferred",
    );
    expect(edgeInWords(edge("a", "b", { requests: 0, durations: {} }), MEASURE)).toBe(
      "a calls b: no data, no requests",
    );
  });

  test("a node says what it gets and whom it calls", () => {
    const all = picture([edge("a", "b"), edge("c", "b", { durations: { p95: 2 } }), edge("b", "d")]);
    const traffic = trafficOf(all.edges).get("b");
    const [, node] = all.nodes;
    if (node === undefined || traffic === undefined) throw new Error("b is there");
    expect(nodeInWords(node, { state: "ok", traffic, measure: MEASURE })).toBe(
      "b, service: ok, gets 200 requests per minute from 2 callers, p95 2 s, calls 1 node",
    );
  });

  test("news are what has become worse or better, not what came or went", () => {
    const before = picture([edge("a", "b"), edge("a", "c", { failures: 9 }), edge("a", "d")]);
    const now = picture([edge("a", "b", { failures: 9 }), edge("a", "c"), edge("a", "e", { failures: 9 })]);
    expect(changesInWords(before, now)).toBe("a → b is failing. a → c is ok again.");
    expect(changesInWords(undefined, now)).toBe("");
    expect(changesInWords(now, now)).toBe("");
  });

  test("characters that hide or turn texts around become visible", () => {
    expect(shownText("a\u202eb\u0000c\u200dd\ud800 é 漢 👩")).toBe(
      "a\\u{202e}b\\u{0}c\\u{200d}d\\u{d800} é 漢 👩",
    );
    expect(parseShown('{"__proto__":"x","a":["\\u0007",1]}')).toEqual(
      JSON.parse('{"__proto__":"x","a":["\\\\u{7}",1]}'),
    );
  });
});

describe("the history of an edge", () => {
  test("has a moment for each picture, the newest of them", () => {
    const history = new EdgeHistory();
    for (let i = 0; i < 100; i++) history.add(picture([edge("a", "b", { requests: 60 * i })], i));
    history.add(picture([edge("a", "b")], 99));
    const moments = history.of("a\0b\0");
    expect([moments.length, moments[0]?.rate, moments.at(-1)?.rate]).toEqual([90, 10, 99]);
    history.clear();
    expect(history.of("a\0b\0")).toEqual([]);
  });

  test("a line has its highest value at the top, and 0 at the bottom", () => {
    expect(sparkline([0, 5, 10], 100, 20)).toBe("0.0,20.0 50.0,10.0 100.0,0.0");
    expect(sparkline([0, 0], 100, 20)).toBe("0.0,20.0 100.0,20.0");
  });
});
