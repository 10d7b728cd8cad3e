// One span of any producer, its attributes and events read into the few facts that the tree is made of.
import {
  type Code,
  codeFromErrorType,
  codeFromHttp,
  codeFromName,
  codeFromNumber,
  codeFromSqlState,
} from "./code.ts";
import { framesOf } from "./frames.ts";

/** The kinds of a span, by the names of the OpenTelemetry specification. */
export type SpanKindName = "internal" | "server" | "client" | "producer" | "consumer";

/** Attribute values by name, as recorded. */
export type Attributes = Readonly<Record<string, unknown>>;

/** A span as its producer recorded it. */
export interface SpanFacts {
  readonly spanId: string;
  /** Absent where the span is a root, or where its parent is another service's and unknown here. */
  readonly parentId?: string;
  readonly service: string;
  readonly kind: SpanKindName;
  readonly name: string;
  readonly status: "unset" | "ok" | "error";
  /** Status description. */
  readonly statusMessage?: string;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly attributes?: Attributes }[];
  /** On one clock per service, in any unit. */
  readonly start: number;
  /** `Infinity` where the span has not ended. */
  readonly end: number;
}

/** What the tree needs to know of one span. */
export interface SpanRecord {
  readonly spanId: string;
  readonly parentId?: string;
  readonly service: string;
  readonly kind: SpanKindName;
  readonly operation: string;
  readonly failed: boolean;
  /** The program said OK explicitly. */
  readonly explicitOk: boolean;
  /** The code that the span itself tells; absent where it tells none or has not failed. */
  readonly code?: Code;
  /** A response status was seen. */
  readonly answered: boolean;
  readonly database: boolean;
  readonly peer?: string;
  readonly errorType?: string;
  readonly message?: string;
  readonly frames?: readonly string[];
  readonly abandoned?: true;
  readonly start: number;
  readonly end: number;
}

/** HTTP response status by any of its attribute names, newest first; `undefined` where there is none. */
export function httpStatusOf(attributes: Attributes): number | undefined {
  return (
    statusNumber(attributes["http.response.status_code"]) ?? statusNumber(attributes["http.status_code"])
  );
}

/** gRPC outcome by any of its attribute names, newest first; `undefined` where there is none. */
export function rpcStatusOf(attributes: Attributes): Code | undefined {
  const value = attributes["rpc.response.status_code"] ?? attributes["rpc.grpc.status_code"];
  if (typeof value === "string") {
    const number = statusNumber(value);
    return number === undefined ? codeFromName(value) : codeFromNumber(number);
  }
  return typeof value === "number" ? codeFromNumber(value) : undefined;
}

/** Reads one span: whether it failed, its code, error and peer. */
export function toSpanRecord(span: SpanFacts): SpanRecord {
  const { attributes } = span;
  const exception = lastException(span);
  const http = httpStatusOf(attributes);
  const rpc = rpcStatusOf(attributes);
  const database = textOf(attributes["db.system.name"]) ?? textOf(attributes["db.system"]);
  const failed = hasFailed(span, http, rpc, exception !== undefined);
  const base = {
    spanId: span.spanId,
    ...(span.parentId === undefined ? undefined : { parentId: span.parentId }),
    service: span.service,
    kind: span.kind,
    operation: operationOf(span),
    failed,
    explicitOk: span.status === "ok",
    answered: http !== undefined || rpc !== undefined,
    database: database !== undefined,
    start: span.start,
    end: span.end,
  };
  const peer = database ?? textOf(attributes["server.address"]) ?? textOf(attributes["net.peer.name"]);
  if (!failed) return peer === undefined ? base : { ...base, peer };
  const types = errorTypesOf(attributes, exception);
  const code = codeOf(span, http, rpc, database !== undefined, types);
  const errorType = bestErrorType(types);
  const message = span.statusMessage || textOf(exception?.["exception.message"]);
  const frames = framesOf(textOf(exception?.["exception.stacktrace"]));
  return {
    ...base,
    ...(peer === undefined ? undefined : { peer }),
    ...(code === undefined ? undefined : { code }),
    ...(errorType === undefined ? undefined : { errorType }),
    ...(message ? { message } : undefined),
    ...(frames.length === 0 ? undefined : { frames }),
  };
}

function hasFailed(
  span: SpanFacts,
  http: number | undefined,
  rpc: Code | undefined,
  exception: boolean,
): boolean {
  if (span.status === "error") return true;
  if (http !== undefined || rpc !== undefined) {
    return (http !== undefined && http >= 400) || (rpc !== undefined && rpc !== "ok");
  }
  return span.status === "unset" && exception && span.end !== Number.POSITIVE_INFINITY;
}

function codeOf(
  span: SpanFacts,
  http: number | undefined,
  rpc: Code | undefined,
  database: boolean,
  types: readonly string[],
): Code | undefined {
  if (rpc !== undefined && rpc !== "ok") return rpc;
  const byHttp = http === undefined ? undefined : codeFromHttp(http);
  if (byHttp !== undefined) return byHttp;
  if (database) {
    // instrumentation-pg tells the SQLSTATE only as the type of the exception event.
    const state = textOf(span.attributes["db.response.status_code"]) ?? types.find(isSqlState);
    const bySql = state === undefined ? undefined : codeFromSqlState(state);
    if (bySql !== undefined) return bySql;
  }
  for (const type of types) {
    const byType = codeFromErrorType(type);
    if (byType !== undefined) return byType;
  }
  // A numeric error.type is a status.
  const status = http === undefined ? statusNumber(span.attributes["error.type"]) : undefined;
  return status === undefined ? undefined : codeFromHttp(status);
}

/** `error.type`, then the type of the exception, each where it is a type and no status. */
function errorTypesOf(attributes: Attributes, exception: Attributes | undefined): string[] {
  const types: string[] = [];
  const own = textOf(attributes["error.type"]);
  if (own !== undefined && statusNumber(own) === undefined) types.push(own);
  const thrown = textOf(exception?.["exception.type"]);
  if (thrown !== undefined) types.push(DOM_EXCEPTIONS[thrown] ?? thrown);
  return types;
}

/** The SDK records a DOMException by its legacy number. Source: WHATWG Web IDL, "DOMException names". */
const DOM_EXCEPTIONS: Readonly<Record<string, string>> = { "20": "AbortError", "23": "TimeoutError" };

/** Names that say no more than that something failed. */
const VAGUE: ReadonlySet<string> = new Set(["Error", "AggregateError", "TypeError", "_OTHER"]);

function bestErrorType(types: readonly string[]): string | undefined {
  return (
    types.find((type) => codeFromErrorType(type) !== undefined) ??
    types.find((type) => !VAGUE.has(type)) ??
    types[0]
  );
}

function lastException(span: SpanFacts): Attributes | undefined {
  for (let i = span.events.length - 1; i >= 0; i--) {
    const event = span.events[i];
    if (event?.name === "exception") return event.attributes ?? {};
  }
  return undefined;
}

/** Method and route where known, else the span's name. */
function operationOf(span: SpanFacts): string {
  const { attributes } = span;
  const method = textOf(attributes["http.request.method"]) ?? textOf(attributes["http.method"]);
  if (method === undefined) return span.name;
  const route =
    span.kind === "server" ? textOf(attributes["http.route"]) : textOf(attributes["url.template"]);
  return route === undefined ? span.name : `${method} ${route}`;
}

function isSqlState(type: string): boolean {
  return /^[0-9A-Z]{5}$/.test(type) && /\d/.test(type);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A status as number or digits; `undefined` for anything else. */
function statusNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isInteger(value) ? value : undefined;
  return typeof value === "string" && /^\d{1,3}$/.test(value) ? Number(value) : undefined;
}
