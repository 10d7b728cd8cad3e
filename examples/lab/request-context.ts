// The headers by which one request steers every service of its call tree.
import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** Nobody fails. */
export const BYPASS_HEADER = "x-error-bypass";
/** Names the request in the observer's accounts, and takes part in the dice of `FAIL_RATE`. */
export const REQUEST_ID_HEADER = "x-request-id";
/** Names the call within the request: `0`, `0.1`, `0.1.0`; written by callers. */
const CALL_HEADER = "x-lab-call";

/** `x-force-pass-service-b: true` makes service-b fail open. */
export function forcePassHeader(service: string): string {
  return `${FORCE_PASS_PREFIX}${service}`;
}

const FORCE_PASS_PREFIX = "x-force-pass-";

/** What the headers of one request say. */
export interface RequestContext {
  readonly requestId: string;
  readonly call: string;
  readonly bypass: boolean;
  /** True where this request makes the service fail open. */
  passes(service: string): boolean;
  /** The headers for the downstream call with this id. */
  headersFor(call: string): Record<string, string>;
}

/** Reads the headers of a request; a person with curl needs none of them. */
export function readRequestContext(headers: IncomingHttpHeaders): RequestContext {
  const requestId = textOf(headers[REQUEST_ID_HEADER]) ?? randomUUID();
  const forwarded: Record<string, string> = { [REQUEST_ID_HEADER]: requestId };
  for (const [name, value] of Object.entries(headers)) {
    if (name === BYPASS_HEADER || name.startsWith(FORCE_PASS_PREFIX)) forwarded[name] = textOf(value) ?? "";
  }
  return {
    requestId,
    call: textOf(headers[CALL_HEADER]) ?? "0",
    bypass: forwarded[BYPASS_HEADER] === "true",
    passes: (service) => forwarded[forcePassHeader(service.toLowerCase())] === "true",
    headersFor: (call) => ({ ...forwarded, [CALL_HEADER]: call }),
  };
}

function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}
