// The codes a lab service can answer with, and the HTTP status that says each of them.
import type { Code } from "otel-error-tree";

/** A code by which an operation can fail. */
export type FailureCode = Exclude<Code, "ok">;

/**
 * Statuses that a caller reads back as the same code. Three codes have none: a service that fails with one of them
 * answers 200, says so in its body, as GraphQL and others do, and tells the library by `failRequest`.
 */
const STATUS: Readonly<Record<Code, number>> = {
  ok: 200,
  "invalid-argument": 400,
  unauthenticated: 401,
  "permission-denied": 403,
  "not-found": 404,
  "already-exists": 409,
  "failed-precondition": 412,
  "out-of-range": 416,
  "resource-exhausted": 429,
  cancelled: 499,
  internal: 500,
  unimplemented: 501,
  unavailable: 503,
  "deadline-exceeded": 504,
  aborted: 200,
  "data-loss": 200,
  unknown: 200,
};

const CODES = Object.keys(STATUS) as Code[];

/** All of them. */
export const FAILURE_CODES: readonly FailureCode[] = CODES.filter((code) => code !== "ok");

/** The code of a name; `undefined` for a name that is no code. */
export function codeOf(name: unknown): Code | undefined {
  return CODES.find((code) => code === name);
}

/** The HTTP status by which a lab service answers with a code. */
export function httpStatusOf(code: Code): number {
  return STATUS[code];
}
