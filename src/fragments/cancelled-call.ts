// What it means that this process itself ended a call: a limit of time had passed, or nobody wanted the answer any more.

import type { CancelledCall } from "../exchange.ts";
import { type Code, codeFromErrorType } from "../spans/code.ts";
import type { ErrorFacts, Failure } from "./span-entry.ts";

/** Clock and timers are rounded to whole milliseconds, each in its own way. */
const ROUNDING_MS = 2;
/** What node says of a connection that its own program has closed. */
const HANG_UP = "ECONNRESET";

/** The failure of a call that this process ended after so many milliseconds. */
export function failureOfCancelled(error: ErrorFacts, { limitMs }: CancelledCall, waitedMs: number): Failure {
  const { type } = error;
  // A reason that says what it was, as of an AbortSignal, speaks for itself.
  if (type !== HANG_UP && codeFromErrorType(type) !== undefined) return { ...error, code: undefined };
  const code =
    limitMs > 0 && waitedMs + ROUNDING_MS >= limitMs ? "deadline-exceeded" : codeWithoutLimit(type);
  // A reason without a name, as the text given to `abort()`.
  return { ...error, type: type === "Error" ? "AbortError" : type, code };
}

/** An error of the system that ended a request, as of the file that was to be sent, is more than lost interest. */
function codeWithoutLimit(type: string): Code | undefined {
  return type !== HANG_UP && /^[A-Z][A-Z0-9_]*$/.test(type) ? undefined : "cancelled";
}
