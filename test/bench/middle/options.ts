// What the bench of a middle service can be told, and what holds where nothing is said.
import { BenchError, readTexts, wholeNumber } from "../bench.ts";

export const DEFAULTS = { rounds: 24, requests: 2_000, requestsAgainst: 4_000, limit: 1.02 };

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
    ...rest
  } = readTexts(args, ["rounds", "requests", "against", "trust", "fail-above"]);
  const limit = rest["fail-above"];
  if (limit !== undefined && against === undefined) throw new BenchError("--fail-above needs --against");
  if (trust !== "loopback" && trust !== "secret") {
    throw new BenchError(`--trust must be loopback or secret, got "${trust}"`);
  }
  const usualRequests = against === undefined ? DEFAULTS.requests : DEFAULTS.requestsAgainst;
  return {
    rounds: rounds === undefined ? DEFAULTS.rounds : wholeNumber("rounds", rounds),
    requests: requests === undefined ? usualRequests : wholeNumber("requests", requests),
    against,
    trust,
    limit: limit === undefined ? DEFAULTS.limit : ratio("fail-above", limit),
    failAboveLimit: limit !== undefined,
  };
}

function ratio(option: string, value: string): number {
  const number = Number(value);
  if (value.trim() !== "" && Number.isFinite(number) && number >= 1) return number;
  throw new BenchError(`--${option} must be a ratio from 1 on, such as ${DEFAULTS.limit}, got "${value}"`);
}
