// Reads the error that a span recorded as an event.
import { CAUSES, causesIn } from "./causes.ts";

/** An event as its producer recorded it. */
export interface EventFacts {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** A thrown error as an event describes it. */
export interface Exception {
  readonly type: string | undefined;
  readonly message: string | undefined;
  readonly stack: string | undefined;
  /** Type of the innermost error that it wraps, if a reader of files found one in the stack. */
  readonly causeType: string | undefined;
  /** What caused it, as `type: message`, the nearest first. */
  readonly causes: readonly string[] | undefined;
}

/** Attribute in which a reader of files puts {@link Exception.causeType}. */
export const CAUSE_TYPE = "error_tree.cause_type";

/** The error that a span recorded last. */
export function lastException(events: readonly EventFacts[]): Exception | undefined {
  for (let i = events.length - 1; i >= 0; i--) {
    const event = events[i];
    const exception = event === undefined ? undefined : exceptionOf(event.name, event.attributes ?? {});
    if (exception !== undefined) return exception;
  }
  return undefined;
}

/** True for an event that records an error, by its name in OpenTelemetry or in OpenTracing. */
export function isExceptionEvent(name: string | undefined): boolean {
  return name === "exception" || name === "error";
}

/**
 * The error that an event records, with the attribute names of OpenTelemetry or of OpenTracing.
 *
 * Sources: OpenTelemetry semantic conventions, "Exceptions"; OpenTracing semantic conventions, "Log fields".
 */
function exceptionOf(name: string, attributes: Readonly<Record<string, unknown>>): Exception | undefined {
  if (name === "exception") {
    return {
      type: textOf(attributes["exception.type"]),
      message: textOf(attributes["exception.message"]),
      stack: textOf(attributes["exception.stacktrace"]),
      causeType: textOf(attributes[CAUSE_TYPE]),
      causes: causesIn(attributes[CAUSES]),
    };
  }
  if (name !== "error") return undefined;
  return {
    type: textOf(attributes["error.kind"]) ?? textOf(attributes["error.type"]),
    message: textOf(attributes.message) ?? textOf(attributes["error.object"]),
    stack: textOf(attributes.stack),
    causeType: textOf(attributes[CAUSE_TYPE]),
    causes: undefined,
  };
}

/** A text that is not empty; `undefined` for anything else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
