// Reads what a thrown error says by itself: type, message, stack, causes, and the code that they show.
import { causesOf, type ErrorParts, partsOf } from "./causes.ts";
import type { Code } from "./code.ts";
import { connectFacts } from "./connect-error.ts";
import type { Exception } from "./exception.ts";
import { causeTypesOf, codeOf, codeOfThrown, errorTypesOf } from "./span-error.ts";

/** An error, as far as a node of a tree says what it was. */
export interface ErrorFacts extends ErrorParts {
  /** As `type: message`, the nearest first; absent if that is not known. */
  readonly causes?: readonly string[];
}

/** Type, message, stack and causes of a thrown value of any kind. Never throws: getters and `toString` are the program's. */
export function errorFacts(error: unknown): ErrorFacts {
  try {
    return readError(error);
  } catch {
    return { type: "Error", message: "", stack: undefined };
  }
}

function readError(error: unknown): ErrorFacts {
  // node:http reports a time limit as an AbortError with the limit's own error as its cause, and Connect puts its own around any.
  const { name, cause } = (error ?? {}) as Partial<Error>;
  const isLimit = name === "AbortError" && cause instanceof Error && cause.name === "TimeoutError";
  if (isLimit || (connectFacts(error) !== undefined && cause instanceof Error)) return readError(cause);
  return { ...partsOf(error), causes: causesOf(error) };
}

const UNANSWERED = { http: undefined, rpc: undefined, store: undefined };

/** The code of a request that fails with this error, and of which nothing else is known; `undefined` if the error shows none. */
export function codeShownBy({ type, message, stack, causes }: ErrorFacts): Code | undefined {
  const exception: Exception = { type: type || undefined, message, stack, causes, causeType: undefined };
  const types = [...errorTypesOf({}, exception, undefined), ...causeTypesOf(exception)];
  return codeOf({}, UNANSWERED, types, undefined) ?? codeOfThrown("server", exception);
}
