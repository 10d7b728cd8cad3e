// Reads a server span that begins a request which another server span has begun already: two instrumentations recorded it, or
// a server handed it on within the process.
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { INTERNAL, STATUS_UNSET } from "../spans/otel.ts";
import type { Attributes } from "../spans/span-record.ts";

const UNSET = { code: STATUS_UNSET } as const;

/**
 * The span as an internal step of the request. Only the first server span says how the request was answered; an error that
 * the program recorded on this one is kept, because no other span has it.
 */
export function asInternalStep(span: ReadableSpan): Pick<ReadableSpan, "kind" | "attributes" | "status"> {
  const hasError = span.status.message || span.events.some(({ name }) => name === "exception");
  return {
    kind: INTERNAL,
    attributes: withoutStatus(span.attributes) as ReadableSpan["attributes"],
    status: hasError ? span.status : UNSET,
  };
}

function withoutStatus(attributes: Attributes): Attributes {
  const { "http.response.status_code": _, "http.status_code": __, "error.type": type, ...rest } = attributes;
  return /^\d+$/.test(`${type ?? 0}`) ? rest : { ...rest, "error.type": type };
}
