// Finds the failure of a call that this process itself ended: a time limit had passed, or the response was not needed.

import type { CancelledCall } from "../exchange.ts";
import { type Code, codeFromErrorType } from "../spans/code.ts";
import type { ErrorFacts, Failure } from "./span-entry.ts";

/** Clock and timers are rounded to whole milliseconds, each in its own way. */
const ROUNDING_MS = 2;
/** Node's error code for a connection that its own program has closed. */
const HANG_UP = "ECONNRESET";

/** The failure of a call that this process ended after so many milliseconds. */
export function failureOfCancelled(error: ErrorFacts, { limitMs }: CancelledCall, waitedMs: number): Failure {
  const { type } = error;
  // If the error type has a code of its own, as an AbortSignal's reason may, that holds.
  if (type !== HANG_UP && codeFromErrorType(type) !== undefined) return { ...error, code: undefined };
  const code =
    limitMs > 0 && waitedMs + ROUNDING_MS >= limitMs ? "deadline-exceeded" : codeWithoutLimit(type);
  // The reason has no name, such as a text that was given to `abort()`.
  return { ...error, type: type === "Error" ? "AbortError" : type, code };
}

/** A system error that ended a request, such as one of the file that it sent, does not mean `cancelled`. */
function codeWithoutLimit(type: string): Code | undefined {
  return type !== HANG_UP && /^[A-Z][A-Z0-9_]*$/.test(type) ? undefined : "cancelled";
}
