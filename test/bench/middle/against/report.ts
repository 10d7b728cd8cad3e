// What a comparison with another commit says of its rounds, in numbers and in words.

import { aligned } from "../../../support/table.ts";
import { type Interval, LOUD, median, medianInterval, quantile } from "../../statistics.ts";

/** CPU per request, in microseconds, of processes that were measured in turns. */
export interface Round {
  /** Of this checkout. */
  readonly here: number;
  /** Of the other commit. */
  readonly there: number;
  /** Of the stock SDK, soon after both. */
  readonly stock: number;
}

/** This checkout's CPU divided by the other commit's. */
export interface Comparison {
  readonly rounds: number;
  readonly median: number;
  /** Where the true ratio lies with 95 % confidence; absent where the rounds are too few to tell. */
  readonly interval: Interval | undefined;
}

export function compare(rounds: readonly Round[]): Comparison {
  const ratios = rounds.map(({ here, there }) => here / there);
  return { rounds: rounds.length, median: median(ratios), interval: medianInterval(ratios) };
}

/** Those in which neither commit took far more than its lower quartile. */
export function quietRounds(rounds: readonly Round[]): Round[] {
  const most = (of: "here" | "there"): number =>
    LOUD *
    quantile(
      rounds.map((round) => round[of]),
      0.25,
    );
  const [here, there] = [most("here"), most("there")];
  return rounds.filter((round) => round.here <= here && round.there <= there);
}

/** What the interval says of a ratio that is allowed; `undecided` where that lies within, or there is no interval. */
export type AgainstVerdict = "faster" | "not slower" | "undecided" | "slower";

export function verdictOf(interval: Interval | undefined, limit: number): AgainstVerdict {
  if (interval === undefined) return "undecided";
  if (interval.low > limit) return "slower";
  if (interval.high > limit) return "undecided";
  return interval.high < 1 ? "faster" : "not slower";
}

/** CPU of all, the ratio over all rounds and over the quiet ones, and what it means. */
export function reportOf(rounds: readonly Round[], name: string, limit: number): string {
  const all = compare(rounds);
  const quiet = compare(quietRounds(rounds));
  const stock = median(rounds.map((round) => round.stock));
  const cpu = (title: string, of: keyof Round): string[] => {
    const value = median(rounds.map((round) => round[of]));
    return [title, value.toFixed(1), (value / stock).toFixed(3)];
  };
  const lines = [
    aligned([
      ["variant", "CPU us/request", "x stock 1 %"],
      cpu("stock, head 1 %", "stock"),
      cpu(`ours, ${name}`, "there"),
      cpu("ours, this checkout", "here"),
    ]),
    aligned([
      [`this / ${name}`, "rounds", "median", "95 % interval"],
      ["all rounds", ...comparisonCells(all)],
      ["quiet rounds", ...comparisonCells(quiet)],
    ]),
    sentence(all.interval, name, limit),
  ];
  if (quiet.rounds < rounds.length / 2) {
    lines.push("The machine was loud: less than half of the rounds were quiet. Better run it again.");
  }
  return lines.join("\n\n");
}

function sentence(interval: Interval | undefined, name: string, limit: number): string {
  if (interval === undefined) return "Not decided: fewer than six rounds give no interval.";
  const percent = Number(((limit - 1) * 100).toFixed(2));
  const by = percent > 0 ? ` by more than ${percent} %` : "";
  const verdict = verdictOf(interval, limit);
  switch (verdict) {
    case "faster":
      return `Faster than ${name}: the whole interval is below 1.`;
    case "not slower":
      return interval.low > 1
        ? `Slower than ${name}, but not${by}: the whole interval is above 1 and reaches no further than ${limit}.`
        : `Not slower than ${name}${by}: the interval reaches no further than ${limit}.`;
    case "slower":
      return `Slower than ${name}${by}: the whole interval is above ${limit}.`;
    case "undecided":
      return `Not decided: the interval spans ${limit}. It is not wholly above; more rounds or a quieter machine make it narrower.`;
    default:
      return verdict satisfies never;
  }
}

function comparisonCells({ rounds, median, interval }: Comparison): string[] {
  const range = interval && `${interval.low.toFixed(3)}..${interval.high.toFixed(3)}`;
  return [String(rounds), rounds === 0 ? "" : median.toFixed(3), range ?? "too few rounds"];
}
