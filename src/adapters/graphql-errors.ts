// Reads the errors of one GraphQL document into the one failure that its request has.
import { failRequestAlso } from "../program/active.ts";
import { type FailureCode, isFaultCode, shownCode } from "../program/failure-code.ts";

/** What is read of a GraphQLError, or of whatever stands in its place. */
interface GraphQLErrorLike {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly stack?: unknown;
  readonly originalError?: unknown;
  readonly extensions?: { readonly code?: unknown; readonly http?: { readonly status?: unknown } };
}

/** Most messages that one failure says. */
const MOST_MESSAGES = 5;

/** Codes that GraphQL servers write into `extensions.code`. Source: Apollo Server, "Built-in error codes"; GraphQL Yoga, "Error handling". */
const CODES: Readonly<Record<string, FailureCode>> = {
  GRAPHQL_PARSE_FAILED: "invalid-argument",
  GRAPHQL_VALIDATION_FAILED: "invalid-argument",
  BAD_USER_INPUT: "invalid-argument",
  BAD_REQUEST: "invalid-argument",
  OPERATION_RESOLUTION_FAILURE: "invalid-argument",
  PERSISTED_QUERY_NOT_FOUND: "not-found",
  PERSISTED_QUERY_NOT_SUPPORTED: "unimplemented",
  UNAUTHENTICATED: "unauthenticated",
  FORBIDDEN: "permission-denied",
  NOT_FOUND: "not-found",
  CONFLICT: "already-exists",
  INTERNAL_SERVER_ERROR: "internal",
};

/**
 * Says that the request failed by these errors: one of them gives type, frames and causes, a fault rather than a rejection, and all of
 * them give the message. Of several documents of the request the first fault counts. Never throws.
 *
 * @param otherwise - the code of an error that has none, as it was found before anything was executed
 */
export function failByErrors(errors: unknown, otherwise?: FailureCode): void {
  try {
    if (!Array.isArray(errors) || errors.length === 0) return;
    let place = 0;
    let told = codeOf(errors[0], otherwise);
    for (let i = 1; i < errors.length && !isFaultCode(told); i++) {
      const code = codeOf(errors[i], otherwise);
      if (isFaultCode(code)) [place, told] = [i, code];
    }
    failRequestAlso(oneErrorOf(errors as GraphQLErrorLike[], place), told);
  } catch {
    // Getters of an error are the program's.
  }
}

function codeOf(error: GraphQLErrorLike, otherwise: FailureCode | undefined): FailureCode | undefined {
  const { code } = error.extensions ?? {};
  if (typeof code === "string" && Object.hasOwn(CODES, code)) return CODES[code];
  return otherwise ?? shownCode(partsOf(error));
}

/** An error that says what all of them say. */
function oneErrorOf(errors: readonly GraphQLErrorLike[], place: number): object {
  const messages = new Set(errors.map(({ message }) => `${message}`));
  const more = messages.size > MOST_MESSAGES ? `; ${messages.size - MOST_MESSAGES} more` : "";
  return {
    ...partsOf(errors[place] as GraphQLErrorLike),
    message: [...messages].slice(0, MOST_MESSAGES).join("; ") + more,
  };
}

/** What the node of a failure has of an error. */
function partsOf(error: GraphQLErrorLike): object {
  const original = originalOf(error);
  const { code } = error.extensions ?? {};
  const {
    name,
    stack,
    cause,
    errors: inner,
    code: own,
  } = original as Partial<AggregateError> & { code?: unknown };
  return {
    name,
    // Without an error of the program's own beneath it, only its code says what it is.
    code: original === error && typeof code === "string" ? code : own,
    message: `${error.message}`,
    stack,
    cause,
    errors: inner,
  };
}

/** The error that the program threw: GraphQL wraps it, several times if schemas are stitched. */
function originalOf(error: GraphQLErrorLike): object {
  let found = error;
  for (let depth = 0; depth < 8; depth++) {
    const { originalError } = found;
    if (typeof originalError !== "object" || originalError === null) break;
    found = originalError as GraphQLErrorLike;
  }
  return found;
}
