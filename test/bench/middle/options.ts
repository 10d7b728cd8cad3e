// What the bench of a middle service can be told, and what holds where nothing is said.
import { BenchError, readTexts, wholeNumber } from "../bench.ts";

export const DEFAULTS = { rounds: 80, requests: 700, roundsAgainst: 24, requestsAgainst: 4_000, limit: 1.02 };

/** What one request of the load makes the service do. */
export interface RequestShape {
  /** Internal spans that the service starts beside the two of its instrumentation. @default 0 */
  readonly internalSpans: number;
  /** So many of 100 requests fail: the callee answers 503, and the service hands it on. @default 0 */
  readonly errorPercent: number;
  /** The caller of ours asks for the error tree. @default true */
  readonly asks: boolean;
}

/** By what asks are trusted. */
export type BenchTrust = "loopback" | "secret";

export interface MiddleOptions {
  readonly rounds: number;
  /** Requests measured per variant and round. */
  readonly requests: number;
  /** The commit to compare with, as git knows it. @default none: the variants are compared */
  readonly against: string | undefined;
  /** A ratio to that commit above this counts as slower. @default 1.02 */
  readonly limit: number;
  /** By what the measured services trust who asks: the address, or the token of a secret. @default "loopback" */
  readonly trust: BenchTrust;
  readonly shape: RequestShape;
  /** Being slower fails the bench. @default false */
  readonly failAboveLimit: boolean;
}

/** @throws BenchError for an option that is unknown or wrong */
export function readOptions(args: readonly string[]): MiddleOptions {
  const {
    rounds,
    requests,
    against,
    trust = "loopback",
    asks = "on",
    spans,
    errors,
    ...rest
  } = readTexts(args, ["rounds", "requests", "spans", "errors", "asks", "against", "trust", "fail-above"]);
  const limit = rest["fail-above"];
  if (limit !== undefined && against === undefined) throw new BenchError("--fail-above needs --against");
  if (trust !== "loopback" && trust !== "secret") {
    throw new BenchError(`--trust must be loopback or secret, got "${trust}"`);
  }
  if (asks !== "on" && asks !== "off") throw new BenchError(`--asks must be on or off, got "${asks}"`);
  const usualRounds = against === undefined ? DEFAULTS.rounds : DEFAULTS.roundsAgainst;
  const usualRequests = against === undefined ? DEFAULTS.requests : DEFAULTS.requestsAgainst;
  return {
    rounds: rounds === undefined ? usualRounds : wholeNumber("rounds", rounds),
    requests: requests === undefined ? usualRequests : wholeNumber("requests", requests),
    against,
    trust,
    shape: {
      internalSpans: spans === undefined ? 0 : numberUpTo("spans", spans, 10_000),
      errorPercent: errors === undefined ? 0 : numberUpTo("errors", errors, 100),
      asks: asks === "on",
    },
    limit: limit === undefined ? DEFAULTS.limit : ratio("fail-above", limit),
    failAboveLimit: limit !== undefined,
  };
}

function numberUpTo(option: string, value: string, most: number): number {
  const number = Number(value);
  if (value.trim() !== "" && Number.isSafeInteger(number) && number >= 0 && number <= most) return number;
  throw new BenchError(`--${option} must be a whole number from 0 to ${most}, got "${value}"`);
}

function ratio(option: string, value: string): number {
  const number = Number(value);
  if (value.trim() !== "" && Number.isFinite(number) && number >= 1) return number;
  throw new BenchError(`--${option} must be a ratio from 1 on, such as ${DEFAULTS.limit}, got "${value}"`);
}
