// Lists how fast an error budget may burn before somebody is told, and which rates an objective can reach.
import { MILLION, type Millionths } from "../objective.ts";

/** As Prometheus writes them: each has recording rules. */
export const RATE_WINDOWS = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"] as const;
export type RateWindow = (typeof RATE_WINDOWS)[number];

/** Two windows over which the budget burns so many times as fast as it may. */
export interface BurnRate {
  /** In tenths: 14.4 is 144. */
  readonly tenths: number;
  readonly long: RateWindow;
  /** Makes the alert end soon after the trouble has. */
  readonly short: RateWindow;
}

/** One alert: it fires if any of its rates is exceeded. */
export interface Alert {
  readonly name: string;
  readonly severity: "page" | "ticket";
  readonly rates: readonly BurnRate[];
}

/** Of a budget for 30 days: 2 % in an hour or 5 % in six page somebody; 10 % in a day, or in three, are a ticket. Source: Google, SRE Workbook, Alerting on SLOs. */
export const ALERTS: readonly Alert[] = [
  {
    name: "ObjectiveBurnsFast",
    severity: "page",
    rates: [
      { tenths: 144, long: "1h", short: "5m" },
      { tenths: 60, long: "6h", short: "30m" },
    ],
  },
  {
    name: "ObjectiveBurnsSlowly",
    severity: "ticket",
    rates: [
      { tenths: 30, long: "1d", short: "2h" },
      { tenths: 10, long: "3d", short: "6h" },
    ],
  },
];

const SECONDS: Readonly<Record<RateWindow, number>> = {
  "5m": 300,
  "30m": 1800,
  "1h": 3600,
  "2h": 7200,
  "6h": 21_600,
  "1d": 86_400,
  "3d": 259_200,
};

export function secondsOf(window: RateWindow): number {
  return SECONDS[window];
}

/** The share of bad requests above which the budget burns faster than that. */
export function limitOf(share: Millionths, { tenths }: BurnRate): number {
  return ((MILLION - share) * tenths) / (10 * MILLION);
}

/** Whether it can be exceeded: more than all requests cannot be bad. */
export function canFire(share: Millionths, rate: BurnRate): boolean {
  return share < MILLION && limitOf(share, rate) < 1;
}

/** At or below this share the rate cannot be exceeded. */
export function lowestFor({ tenths }: BurnRate): Millionths {
  return Math.floor(MILLION - (10 * MILLION) / tenths);
}
