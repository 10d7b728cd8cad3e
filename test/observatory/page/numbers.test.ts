import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ageText,
  durationText,
  numberText,
  rateText,
  shareText,
  spanText,
} from "../../../src/observatory/page/pure/numbers.ts";

describe("numbers", () => {
  test.each([
    [0, "0"],
    [0.004, "<0.01"],
    [0.016, "0.02"],
    [9.996, "10"],
    [12.34, "12.3"],
    [120, "120"],
    [999.4, "999"],
    [999.6, "1k"],
    [12_340, "12.3k"],
    [3_400_000, "3.4M"],
    [2e9, "2G"],
  ])("%d reads %s", (value, text) => {
    expect(numberText(value)).toBe(text);
  });

  test("a rate is per second, minute or hour", () => {
    expect(["s", "min", "h"].map((unit) => rateText(120, 60, unit as "s"))).toEqual([
      "2/s",
      "120/min",
      "7.2k/h",
    ]);
    expect(rateText(5, 0, "s")).toBe("0/s");
  });

  test.each([
    [undefined, "–"],
    [0, "<1 µs"],
    [0.000_85, "850 µs"],
    [0.0042, "4.2 ms"],
    [0.9996, "1 s"],
    [1.25, "1.25 s"],
    [125, "2.08 min"],
    [7_200, "2 h"],
  ])("%d seconds read %s", (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });

  test("what is not nothing never reads nothing, what is not all never all", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, minExcluded: true, maxExcluded: true, noNaN: true }),
        (share) => {
          expect(["0 %", "100 %"]).not.toContain(shareText(share));
        },
      ),
    );
    expect([shareText(0), shareText(1)]).toEqual(["0 %", "100 %"]);
    fc.assert(
      fc.property(fc.double({ min: 0, minExcluded: true, max: 1e15, noNaN: true }), (value) => {
        expect(numberText(value)).not.toBe("0");
      }),
    );
  });

  test("texts stay short, so that they fit their place", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e11, noNaN: true }), (value) => {
        expect(numberText(value).length).toBeLessThanOrEqual(5);
        expect(durationText(value / 1e6).length).toBeLessThanOrEqual(8);
      }),
    );
  });

  test("ages and spans are in the largest unit that fits", () => {
    expect([-5, 900, 61_000, 7_300_000, 200_000_000].map(ageText)).toEqual([
      "0 s",
      "0 s",
      "1 min",
      "2 h",
      "2 d",
    ]);
    expect([90, 300, 3_600].map(spanText)).toEqual(["90 s", "5 min", "1 h"]);
  });
});
