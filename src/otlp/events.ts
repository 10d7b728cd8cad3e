// Reads the events of a span, or what older producers have in place of them: which ones say that it failed, and why.
import { CAUSE_TYPE, type EventFacts } from "../spans/exception.ts";
import { typeName } from "./dialect.ts";
import { causeOf } from "./stack.ts";

/** An event as it stands in a file; its attributes are read only if it may describe an error. */
export interface FoundEvent {
  readonly name: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What the events of a span say. */
export interface Events {
  /** Errors: a span whose status is not set has failed by them. */
  readonly marks: readonly EventFacts[];
  /** Lines of a log about an error. A successful span may have them too: it may have tried again, or done without a result. */
  readonly hints: readonly EventFacts[];
}

/**
 * Sorts events.
 *
 * Sources: OpenTelemetry semantic conventions, "Exceptions"; OpenTracing semantic conventions, "Log fields".
 */
export function eventsOf(found: readonly FoundEvent[]): Events {
  const marks: EventFacts[] = [];
  const hints: EventFacts[] = [];
  for (const { name, attributes } of found) {
    if (name === "exception" || (name === undefined && "exception.type" in attributes)) {
      marks.push({
        name: "exception",
        attributes: told(attributes, "exception.message", "exception.stacktrace"),
      });
    } else if (name === "error" || (name === undefined && isErrorObject(attributes))) {
      marks.push(errorEvent(attributes));
    } else if (tellsOfError(attributes)) {
      hints.push(errorEvent(attributes));
    }
  }
  return { marks, hints };
}

/** A log without a name that holds an error and no level: the way in which clients of OpenTracing record one. */
function isErrorObject(attributes: FoundEvent["attributes"]): boolean {
  return "error.object" in attributes || ("error" in attributes && !("level" in attributes));
}

function tellsOfError(attributes: FoundEvent["attributes"]): boolean {
  if ("error.object" in attributes || "error" in attributes || "exception.type" in attributes) return true;
  const level = attributes.level ?? attributes.severity;
  return typeof level === "string" && /^(?:error|fatal|critical|panic)$/i.test(level);
}

function errorEvent(attributes: FoundEvent["attributes"]): EventFacts {
  const text = textOf(attributes.error) ?? textOf(attributes["error.object"]);
  const message =
    textOf(attributes.message) ?? textOf(attributes.msg) ?? textOf(attributes["exception.message"]);
  // A logger's message says what was tried, its field says what went wrong.
  const both =
    "level" in attributes && message !== undefined && text !== undefined ? `${message}: ${text}` : undefined;
  const kind = textOf(attributes["error.kind"]) ?? textOf(attributes["exception.type"]);
  const whole = {
    ...attributes,
    "error.kind": kind === undefined ? undefined : typeName(kind),
    message: both ?? message ?? text,
    stack: attributes.stack ?? attributes["error.stack"] ?? attributes["exception.stacktrace"],
  };
  return { name: "error", attributes: told(whole, "message", "stack") };
}

/** The attributes with what the stack says of the innermost error, if the error of the program wraps another one. */
function told(
  attributes: FoundEvent["attributes"],
  messageName: string,
  stackName: string,
): FoundEvent["attributes"] {
  const stack = attributes[stackName];
  const cause = typeof stack === "string" ? causeOf(stack) : undefined;
  if (cause === undefined) return attributes;
  const causeText = cause.message === "" ? cause.type : `${cause.type}: ${cause.message}`;
  const message = textOf(attributes[messageName]);
  return {
    ...attributes,
    [CAUSE_TYPE]: cause.type,
    [CAUSE_TEXT]: causeText,
    [messageName]: message === undefined ? causeText : joined(message, causeText),
  };
}

const CAUSE_TEXT = "error_tree.cause_text";

/** A status description: the error that it names, and the innermost error that caused it. */
export function withCause(
  description: string | undefined,
  error: EventFacts | undefined,
): string | undefined {
  // Ruby's SDK says this of every error, beside the event that says more.
  if (error !== undefined && description?.startsWith("Unhandled exception of type: ")) return undefined;
  const cause = error?.attributes?.[CAUSE_TEXT];
  return description === undefined || typeof cause !== "string" ? description : joined(description, cause);
}

function joined(message: string, cause: string): string {
  return message.includes(cause) ? message : `${message} (caused by ${cause})`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
