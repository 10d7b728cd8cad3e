// A server span that begins again what another one has begun: two instrumentations, or a server that hands a request on.
import type { Attributes } from "../spans/span-record.ts";
import type { LiveSpan } from "./fragment.ts";

const INTERNAL = 0;
const UNSET = { code: 0 } as const;

/**
 * The span as a step within the one that began the request. The first span says how the request was answered. Only an
 * error that the program recorded on this one is said nowhere else.
 */
export function stepOf(span: LiveSpan): LiveSpan {
  const tells = span.status.message || span.events.some(({ name }) => name === "exception");
  return Object.create(span, {
    kind: { value: INTERNAL, enumerable: true },
    attributes: { value: withoutStatus(span.attributes), enumerable: true },
    status: { value: tells ? span.status : UNSET, enumerable: true },
  });
}

function withoutStatus(attributes: Attributes): Attributes {
  const { "http.response.status_code": _, "http.status_code": __, "error.type": type, ...rest } = attributes;
  return /^\d+$/.test(`${type ?? 0}`) ? rest : { ...rest, "error.type": type };
}
