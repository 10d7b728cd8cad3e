// Finds the failure of a call that this process itself ended: a time limit had passed, or the response was not needed.

import type { CancelledCall } from "../exchange.ts";
import { type Code, codeFromErrorType } from "../spans/code.ts";
import type { ErrorFacts } from "../spans/error-facts.ts";
import type { Failure } from "./span-entry.ts";

/** Clock and timers are rounded to whole milliseconds, each in its own way. */
const ROUNDING_MS = 2;
/** What a call that its own program has ended is said to have met: by node, and by clients such as axios if time ran out. */
const SAID_OF_OWN = ["ECONNRESET", "ECONNABORTED"];

/** The failure of a call that this process ended after so many milliseconds. */
export function failureOfCancelled(error: ErrorFacts, { limitMs }: CancelledCall, waitedMs: number): Failure {
  const { type } = error;
  // If the error type has a code of its own, as an AbortSignal's reason may, that holds.
  if (!SAID_OF_OWN.includes(type) && codeFromErrorType(type) !== undefined)
    return { ...error, code: undefined };
  const code =
    limitMs > 0 && waitedMs + ROUNDING_MS >= limitMs ? "deadline-exceeded" : codeWithoutLimit(type);
  // The reason has no name, such as a text that was given to `abort()`.
  return { ...error, type: type === "Error" ? "AbortError" : type, code };
}

/** A system error that ended a request, such as one of the file that it sent, does not mean `cancelled`. */
function codeWithoutLimit(type: string): Code | undefined {
  return !SAID_OF_OWN.includes(type) && /^[A-Z][A-Z0-9_]*$/.test(type) ? undefined : "cancelled";
}
