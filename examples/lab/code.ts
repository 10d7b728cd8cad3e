// The codes a lab service can answer with, and the HTTP status that says each of them.
import type { TreeNode } from "otel-error-tree";

/** A canonical code, e.g. `"not-found"`; `"ok"` where nothing failed. */
export type Code = TreeNode["code"];

/** Statuses that a caller reads back as the same code; the last three have none and travel as 500. */
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
  aborted: 500,
  "data-loss": 500,
  unknown: 500,
};

const CODES = Object.keys(STATUS) as Code[];

/** The codes by which an operation can fail. */
export const FAILURE_CODES: readonly Code[] = CODES.filter((code) => code !== "ok");

/** The code of a name; `undefined` for a name that is no code. */
export function codeOf(name: unknown): Code | undefined {
  return CODES.find((code) => code === name);
}

/** The HTTP status by which a lab service answers with a code. */
export function httpStatusOf(code: Code): number {
  return STATUS[code];
}

/** What a caller makes of an HTTP status that a lab service sends: the first code with this status. */
export function codeOfHttpStatus(status: number): Code {
  return CODES.find((code) => STATUS[code] === status) ?? "unknown";
}

/** True where the HTTP status alone tells the code. */
export function hasHttpStatus(code: Code): boolean {
  return codeOfHttpStatus(STATUS[code]) === code;
}
