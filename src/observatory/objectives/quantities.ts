// Reads shares of requests and spans of time, and writes them.
import { MILLION, type Millionths } from "./objective.ts";

const SHARE = /^(\d{1,3}(?:\.\d{1,4})?) ?%$/;
const TIME = /^(\d{1,9}(?:\.\d{1,9})?) ?(us|ms|s|m|h|d)$/;
const SECONDS = { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Reads `99.9%`: above 0, at most 100, with up to four places; `undefined` for anything else. */
export function readShare(text: string): Millionths | undefined {
  const [, percent] = SHARE.exec(text) ?? [];
  if (percent === undefined) return undefined;
  const share = Math.round(Number(percent) * 10_000);
  return share > 0 && share <= MILLION ? share : undefined;
}

/** Reads `200ms`, `1.5s`, `5m`, in seconds; `undefined` for anything else, and for no time at all. */
export function readTime(text: string): number | undefined {
  const [, amount, unit] = TIME.exec(text) ?? [];
  if (amount === undefined) return undefined;
  // A thousandth is no binary fraction: 200 of them must be 0.2.
  const seconds = Number((Number(amount) * SECONDS[unit as keyof typeof SECONDS]).toPrecision(12));
  return seconds > 0 ? seconds : undefined;
}

/** As {@link readShare} reads it. */
export function formatShare(share: Millionths): string {
  return `${share / 10_000}%`;
}

/** As {@link readTime} reads it, in the largest unit that leaves no fraction, from milliseconds to hours. */
export function formatTime(seconds: number): string {
  const unit = (["h", "m", "s"] as const).find((one) => Number.isInteger(seconds / SECONDS[one]));
  if (unit !== undefined) return `${seconds / SECONDS[unit]}${unit}`;
  return `${Number((seconds * 1000).toPrecision(12))}ms`;
}
