import { describe, expect, test } from "vitest";
import type { Failure } from "../../../src/observatory/graph/picture.ts";
import {
  barsOf,
  kindsOf,
  MOST_FAILURES,
  withFailures,
} from "../../../src/observatory/page/pure/failure-kinds.ts";

function failure(traceId: string, time: number, fields: Partial<Failure> = {}): Failure {
  return {
    traceId,
    time,
    service: "a",
    operation: "GET /",
    code: "internal",
    cause: "x",
    fingerprint: "f",
    represents: 1,
    ...fields,
  };
}

describe("failing requests", () => {
  test("each trace is there once, as it was told last, the newest first", () => {
    const known = withFailures([], [failure("1", 10), failure("2", 20)]);
    const all = withFailures(known, [failure("1", 10, { represents: 5 }), failure("3", 15)]);
    expect(all.map(({ traceId, represents }) => [traceId, represents])).toEqual([
      ["2", 1],
      ["3", 1],
      ["1", 5],
    ]);
  });

  test("no more are kept than have room: the oldest go", () => {
    const many = Array.from({ length: MOST_FAILURES + 50 }, (_, i) => failure(String(i), i));
    const kept = withFailures([], many);
    expect([kept.length, kept[0]?.traceId, kept.at(-1)?.traceId]).toEqual([
      MOST_FAILURES,
      String(MOST_FAILURES + 49),
      "50",
    ]);
  });

  test("those of one kind are one row, with all requests that they stand for", () => {
    const kinds = kindsOf([
      failure("3", 30),
      failure("2", 20, { fingerprint: "g", represents: 0 }),
      failure("1", 10, { represents: 4 }),
    ]);
    expect(kinds.map(({ fingerprint, requests, newest }) => [fingerprint, requests, newest.traceId])).toEqual(
      [
        ["f", 5, "3"],
        ["g", 1, "2"],
      ],
    );
  });

  test("bars count the requests of each part of a span, its end not included", () => {
    const list = [
      failure("1", 100, { represents: 3 }),
      failure("2", 149),
      failure("3", 150),
      failure("4", 200),
      failure("5", 99),
    ];
    expect(barsOf(list, { from: 100, to: 200, bars: 2 })).toEqual([4, 1]);
    expect(barsOf(list, { from: 100, to: 100, bars: 2 })).toEqual([0, 0]);
  });
});
