import { describe, expect, it } from "vitest";
import { compare, quietRounds, type Round, reportOf, verdictOf } from "./report.ts";

const STOCK = 200;

/** Rounds with these ratios, the other commit always at 300 us. */
function rounds(ratios: readonly number[]): Round[] {
  return ratios.map((ratio) => ({ here: 300 * ratio, there: 300, stock: STOCK }));
}

/** So many ratios, evenly spread. */
function spread(low: number, high: number, count = 24): number[] {
  return Array.from({ length: count }, (_, place) => low + ((high - low) * place) / (count - 1));
}

describe("verdictOf", () => {
  it.each([
    { interval: { low: 0.97, high: 0.99 }, verdict: "faster" },
    { interval: { low: 0.99, high: 1.01 }, verdict: "not slower" },
    { interval: { low: 1.001, high: 1.02 }, verdict: "not slower" },
    { interval: { low: 0.9, high: 1.03 }, verdict: "undecided" },
    { interval: { low: 1.02, high: 1.03 }, verdict: "undecided" },
    { interval: { low: 1.021, high: 1.03 }, verdict: "slower" },
    { interval: undefined, verdict: "undecided" },
  ])("an interval of $interval with 1.02 allowed means: $verdict", ({ interval, verdict }) => {
    expect(verdictOf(interval, 1.02)).toBe(verdict);
  });
});

describe("quietRounds", () => {
  it("leaves out rounds in which either commit was disturbed", () => {
    const quiet = rounds(spread(0.99, 1.01));
    const loudHere = { here: 340, there: 300, stock: STOCK };
    const loudThere = { here: 300, there: 340, stock: STOCK };
    expect(quietRounds([loudHere, ...quiet, loudThere])).toEqual(quiet);
  });
});

describe("reportOf", () => {
  it("tells both commits, the ratio of all and of quiet rounds, and what it means", () => {
    const all = [...rounds(spread(1.04, 1.06)), { here: 600, there: 500, stock: STOCK }];
    expect(reportOf(all, "v1", 1.02)).toBe(
      [
        "variant              CPU us/request  x stock 1 %",
        "stock, head 1 %               200.0        1.000",
        "ours, v1                      300.0        1.500",
        "ours, this checkout           315.1        1.576",
        "",
        "this / v1     rounds  median  95 % interval",
        "all rounds        25   1.050   1.046..1.055",
        "quiet rounds      24   1.050   1.045..1.055",
        "",
        "Slower than v1 by more than 2 %: the whole interval is above 1.02.",
      ].join("\n"),
    );
  });

  it.each([
    { ratios: spread(0.9, 0.95), words: "Faster than v1" },
    { ratios: spread(0.99, 1.01), words: "Not slower than v1 by more than 2 %" },
    { ratios: spread(1.01, 1.015), words: "Slower than v1, but not by more than 2 %" },
    { ratios: spread(1, 1.04), words: "Not decided: the interval spans 1.02" },
    { ratios: spread(0.99, 1.01, 5), words: "Not decided: fewer than six rounds" },
  ])("says in words: $words", ({ ratios, words }) => {
    expect(reportOf(rounds(ratios), "v1", 1.02)).toContain(words);
  });

  it("says where the machine was loud, and then judges all rounds nevertheless", () => {
    const loud = rounds(spread(0.99, 1.01, 14)).map((round, place) => ({
      here: round.here * (1 + place / 8),
      there: round.there * (1 + place / 8),
      stock: STOCK,
    }));
    const report = reportOf(loud, "v1", 1.02);
    expect(report).toContain("The machine was loud");
    expect(report).toContain("Not slower than v1 by more than 2 %");
    expect(compare(loud).rounds).toBe(14);
  });
});
