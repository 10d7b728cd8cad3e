// What the bench prints of its rounds.

import { aligned } from "../../support/table.ts";
import { median, type Ratio, ratioOf } from "../statistics.ts";
import type { Cost } from "./contender.ts";
import type { Variant } from "./variants.ts";

/** What one way did in one round. */
export interface Turn extends Cost {
  /** CPU seconds of the Collector, what it takes when idle subtracted. */
  readonly cpu: number;
  /** CPU seconds a second of the same Collector while the other way had its turn. */
  readonly idle: number;
}

/** A way, and its turns, one for each round. */
export interface Measured {
  readonly variant: Variant;
  readonly turns: readonly Turn[];
}

interface Line {
  readonly title: string;
  readonly of: (turn: Turn) => number;
  readonly digits: number;
  /** Counted per so many requests; absent where it does not grow with them. */
  readonly per?: number;
  /** Ours should cost at most so much of the usual way. */
  readonly goal?: number;
}

/** From this rate on the Collector that samples is large enough for what both have in common to be little. */
const HIGH_RATE = 1000;

function linesAt(rate: number): readonly Line[] {
  const together = (turn: Turn): number => (turn.servicesCpu + turn.cpu) * 1000;
  return [
    {
      title: "Collector CPU ms/1000 requests",
      of: ({ cpu }) => cpu * 1000,
      digits: 1,
      per: 1000,
      goal: rate >= HIGH_RATE ? 0.06 : 0.15,
    },
    { title: "services' CPU ms/1000 requests", of: (turn) => turn.servicesCpu * 1000, digits: 1, per: 1000 },
    { title: "together CPU ms/1000 requests", of: together, digits: 1, per: 1000, goal: 0.9 },
    { title: "OTLP bytes/request", of: ({ bytes }) => bytes, digits: 1, per: 1, goal: 0.03 },
    { title: "spans received/1000 requests", of: ({ spans }) => spans, digits: 1, per: 1000 },
    { title: "Collector RSS MB, peak", of: ({ resident }) => resident.peak, digits: 1, goal: 0.5 },
    { title: "Collector RSS MB, mean", of: ({ resident }) => resident.mean, digits: 1 },
    { title: "without its binary MB, peak", of: ({ resident }) => resident.ownPeak, digits: 1, goal: 0.5 },
  ];
}

/** One line per figure, with ours divided by the usual way; then what became of the goal. */
export function reportOf(
  ours: Measured,
  usual: Measured,
  { requests, rate }: { readonly requests: number; readonly rate: number },
): string {
  const goals: string[] = [];
  const rows = linesAt(rate).map(({ title, of, digits, per = requests, goal }) => {
    const figuresOf = ({ turns }: Measured): number[] => turns.map((turn) => (of(turn) * per) / requests);
    const [a, b] = [figuresOf(ours), figuresOf(usual)];
    const ratio = ratioOf(a, b);
    if (goal !== undefined) goals.push(`${title}: ${goalText(ratio, goal)}`);
    return [title, median(a).toFixed(digits), median(b).toFixed(digits), ...ratioCells(ratio)];
  });
  const header = ["", ours.variant.title, usual.variant.title, "ours x that", "least..most"];
  const idle = [ours, usual].map(
    ({ variant, turns }) => `${variant.title} ${(median(turns.map((turn) => turn.idle)) * 1000).toFixed(1)}`,
  );
  return `${aligned([header, ...rows])}

Idle, in ms of CPU a second, subtracted above: ${idle.join(", ")}.
${goals.join("\n")}`;
}

function goalText({ median }: Ratio, goal: number): string {
  const verdict = median <= goal ? "within" : "above";
  return `${median.toFixed(3)} is ${verdict} the goal of ${goal} (a note, nothing fails by it)`;
}

function ratioCells({ median, least, most }: Ratio): string[] {
  return [median.toFixed(3), `${least.toFixed(3)}..${most.toFixed(3)}`];
}
