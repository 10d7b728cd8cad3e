// Names the codes that a failure can have, and reads them for adapters.
import { type Code, isFault } from "../spans/code.ts";
import { codeShownBy, errorFacts } from "../spans/error-facts.ts";

export type FailureCode = Exclude<Code, "ok">;

/** The code that a thrown error shows by itself; `undefined` if it shows none. Never throws. */
export function shownCode(error: unknown): FailureCode | undefined {
  return codeShownBy(errorFacts(error)) as FailureCode | undefined;
}

/** True if the service that fails with this code did not do its job; `undefined` counts as `unknown`. */
export function isFaultCode(code: FailureCode | undefined): boolean {
  return isFault(code ?? "unknown");
}
